// SPDX-License-Identifier: BSD-3-Clause
/*
 * oracle SCHEMA MESSAGE: what protobuf itself says of inputs. SCHEMA is a descriptor set (protoc --descriptor_set_out). Each
 * line of stdin is `t` (text format) or `j` (JSON) and the input in hexadecimal; the answer is `ok` and the message in binary,
 * in hexadecimal, or `err` and the reason.
 */
#include <fstream>
#include <iostream>
#include <memory>

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>

namespace pb = google::protobuf;

struct FirstError : pb::io::ErrorCollector {
	std::string text;
	void AddError(int line, int column, const std::string &message) override
	{
		if (text.empty())
			text = std::to_string(line + 1) + ":" + std::to_string(column + 1) + ": " + message;
	}
};

static std::string unhex(const std::string &hex)
{
	std::string out;
	for (size_t i = 0; i + 1 < hex.size(); i += 2)
		out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
	return out;
}

static std::string hex(const std::string &bytes)
{
	std::string out;
	for (unsigned char c : bytes) {
		out += "0123456789abcdef"[c >> 4];
		out += "0123456789abcdef"[c & 15];
	}
	return out;
}

/* Empty when @in is valid, else why it is not. */
static std::string parse(char form, const std::string &in, pb::Message *out)
{
	if (form == 't') {
		pb::TextFormat::Parser parser;
		FirstError first;
		parser.RecordErrorsTo(&first);
		return parser.ParseFromString(in, out) ? "" : "text: " + first.text;
	}
	auto status = pb::util::JsonStringToMessage(in, out);
	if (!status.ok())
		return "JSON: " + std::string(status.message());
	return out->IsInitialized() ? "" : "missing: " + out->InitializationErrorString();
}

static std::string binary(const pb::Message &message)
{
	std::string out;
	{
		pb::io::StringOutputStream stream(&out);
		pb::io::CodedOutputStream coded(&stream);
		coded.SetSerializationDeterministic(true);
		message.SerializePartialToCodedStream(&coded);
	}
	return out;
}

int main(int argc, char **argv)
{
	pb::FileDescriptorSet set;
	std::ifstream file(argc > 2 ? argv[1] : "/dev/null");
	pb::DescriptorPool pool;
	set.ParseFromIstream(&file);
	for (const auto &one : set.file())
		pool.BuildFile(one);
	const pb::Descriptor *type = argc > 2 ? pool.FindMessageTypeByName(argv[2]) : nullptr;
	if (!type)
		return 2;
	pb::SetLogHandler(nullptr);
	pb::DynamicMessageFactory factory(&pool);
	for (std::string line; std::getline(std::cin, line);) {
		std::unique_ptr<pb::Message> message(factory.GetPrototype(type)->New());
		std::string why = parse(line[0], unhex(line.substr(1)), message.get());
		for (char &c : why)
			if (c == '\n' || c == '\r')
				c = ' ';
		std::cout << (why.empty() ? "ok " + hex(binary(*message)) : "err " + why) << std::endl;
	}
}
