// SPDX-License-Identifier: BSD-3-Clause
/*
 * The JSON form. The expectations are those of protobuf's JSON parser of the version that nsjail is
 * built with, but where that one passes over mistakes in silence.
 */
#include "configs.h"

static void test_accepted(void **state UNUSED)
{
	static const struct accepted tests[] = {
		{"{}", ""},
		{" \t\r\n{ }\n", ""},
		/* names in both spellings */
		{"{\"mountProc\": true, \"keep_env\": false}",
		 "keep_env: false\nmount_proc: true\n"},
		{"{\"personaAddrLimit3gb\": true}", "persona_addr_limit_3gb: true\n"},
		/* numbers */
		{"{\"port\": 12, \"maxConns\": \"007\", \"maxCpus\": \"+5\"}",
		 "max_cpus: 5\nport: 12\nmax_conns: 7\n"},
		{"{\"port\": 1e3, \"maxConns\": 1.0, \"maxCpus\": 120e-1}",
		 "max_cpus: 12\nport: 1000\nmax_conns: 1\n"},
		{"{\"port\": 0e99, \"maxConns\": -0, \"maxCpus\": 1.}",
		 "max_cpus: 1\nport: 0\nmax_conns: 0\n"},
		{"{\"rlimitAs\": 18446744073709551615}", "rlimit_as: 18446744073709551615\n"},
		{"{\"rlimitAs\": \"18446744073709551615\"}", "rlimit_as: 18446744073709551615\n"},
		{"{\"rlimitAs\": 9007199254740993.0}", "rlimit_as: 9007199254740993\n"},
		{"{\"cgroupMemSwapMax\": -9223372036854775808}",
		 "cgroup_mem_swap_max: -9223372036854775808\n"},
		{"{\"cgroupMemSwapMax\": \"-5\", \"niceLevel\": -1E+1}",
		 "nice_level: -10\ncgroup_mem_swap_max: -5\n"},
		/* booleans and enumerations */
		{"{\"daemon\": \"true\", \"silent\": \"YES\", \"cloneNewnet\": \"0\"}",
		 "silent: true\nclone_newnet: false\ndaemon: true\n"},
		{"{\"mode\": \"RERUN\"}", "mode: RERUN\n"},
		{"{\"mode\": 2}", "mode: RERUN\n"},
		{"{\"mode\": \"2\"}", "mode: RERUN\n"},
		{"{\"mode\": 2.0}", "mode: RERUN\n"},
		/* strings and bytes */
		{"{\"hostname\": \"\\b\\f\\n\\r\\t\\/\\\\\\\"\\u00e9\\ud83d\\ude00\"}",
		 "hostname: \"\\010\\014\\n\\r\\t/\\\\\\\"\u00e9\U0001f600\"\n"},
		{"{\"mount\": [{\"dst\": \"/\", \"srcContent\": \"aGVsbG8K\"}]}",
		 "mount {\n\tsrc_content: \"hello\\n\"\n\tdst: \"/\"\n}\n"},
		{"{\"mount\": [{\"dst\": \"/\", \"srcContent\": \"_-8\"}]}",
		 "mount {\n\tsrc_content: \"\\377\\357\"\n\tdst: \"/\"\n}\n"},
		{"{\"mount\": [{\"dst\": \"/\", \"srcContent\": \"/+8=\"}]}",
		 "mount {\n\tsrc_content: \"\\377\\357\"\n\tdst: \"/\"\n}\n"},
		{"{\"mount\": [{\"dst\": \"/\", \"srcContent\": \"\"}]}",
		 "mount {\n\tsrc_content: \"\"\n\tdst: \"/\"\n}\n"},
		/* null, lists, messages, names that come twice */
		{"{\"hostname\": \"a\", \"hostname\": null, \"userNet\": null, \"mount\": null}",
		 "hostname: \"a\"\n"},
		{"{\"envar\": [\"a\", \"b\"], \"envar\": [\"c\"], \"passFd\": []}",
		 "envar: \"a\"\nenvar: \"b\"\nenvar: \"c\"\n"},
		{"{\"port\": 1, \"port\": 2}", "port: 2\n"},
		{"{\"userNet\": {\"pasta\": {\"nat\": false}}}",
		 "user_net {\n\tpasta {\n\t\tnat: false\n\t}\n}\n"},
		{"{\"execBin\": {\"path\": \"a\", \"arg\": [\"b\"]}, \"exec_bin\": {\"path\": "
		 "\"c\", \"arg\": [\"d\"]}}",
		 "exec_bin {\n\tpath: \"c\"\n\targ: \"b\"\n\targ: \"d\"\n}\n"},
		/* what that parser lets pass */
		{"{\"port\": 1, \"envar\": [\"a\",],}", "envar: \"a\"\nport: 1\n"},
		{"{'hostname': 'it\"s', port: 1}", "hostname: \"it\\\"s\"\nport: 1\n"},
		{"{\"envar\": \"a\", \"mount\": {\"dst\": \"/\"}}",
		 "envar: \"a\"\nmount {\n\tdst: \"/\"\n}\n"},
		{"{\"envar\": [\"a\", null]}", "envar: \"a\"\n"},
		{"{\"hostname\": \"\\q\n\t\"}", "hostname: \"q\\n\\t\"\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		check_accepted(FACE_NSJAIL, tests[i].text, tests[i].dump);
}

static void test_syntax_errors(void **state UNUSED)
{
	static const struct refused tests[] = {
		{"[]", "1:1", "expected an object, found a list", NULL},
		{"\"a\"", "1:1", "expected an object, found a string", NULL},
		{"{", "1:2",
		 "expected a field's name in quotes or \"}\", found the end of the file", NULL},
		{"{\n\"port\": 1", "2:10", "expected \",\" or \"}\", found the end of the file",
		 NULL},
		{"{} x", "1:4", "expected the end of the file, found x", NULL},
		{"{,}", "1:2", "expected a field's name", NULL},
		{"{\"port\": 1,,}", "1:12", "expected a field's name", NULL},
		{"{\"port\"}", "1:8", "expected \":\"", NULL},
		{"{\"port\" 1}", "1:9", "expected \":\", found 1", NULL},
		{"{\"port\": }", "1:10", "port: expected a number, not negative, found }", NULL},
		{"{\"port\": 1 \"daemon\": true}", "1:12",
		 "expected \",\" or \"}\", found a string", NULL},
		{"{\"envar\": [\"a\" \"b\"]}", "1:16", "expected \",\" or \"]\"", NULL},
		{"{\"envar\": [,]}", "1:12", "envar[0]: ", NULL},
		{"{\"port\": 010}", "1:10", "octal or hex", NULL},
		{"{\"port\": 0x10}", "1:10", "octal or hex", NULL},
		{"{\"port\": .5}", "1:10", "found .", NULL},
		{"{\"port\": +5}", "1:10", "found +", NULL},
		{"{\"port\": -}", "1:10", "digits must follow", NULL},
		{"{\"port\": 1e}", "1:10", "exponent", NULL},
		{"{\"port\": 1-2}", "1:10", "no number", NULL},
		{"{\"hostname\": \"a}", "1:14", "the string has no end", NULL},
		{"{\"hostname\": \"a\\", "1:14", "the string has no end", NULL},
		{"{\"hostname\": \"\\u12\"}", "1:15", "4 hex digits", NULL},
		{"{\"hostname\": \"\\ud83d\"}", "1:15", "surrogate", NULL},
		{"{\"hostname\": \"\\ude00\"}", "1:15", "surrogate", NULL},
		{"{\"hostname\":\n \"\xc3\xa9\xff\"}", "2:4", "UTF-8", NULL},
		{"{\"hostname\": \"\xed\xa0\x80\"}", "1:15", "UTF-8", NULL},
		{"{\"daemon\": True}", "1:12", "expected true or false, found True", NULL},
		{"{\"daemon\": truex}", "1:12", "found truex", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		check_refused(FACE_NSJAIL, &tests[i]);
}

static void test_value_errors(void **state UNUSED)
{
	static const struct refused tests[] = {
		{"{\"noSuch\": 1}", "1:2", "no field \"noSuch\"", NULL},
		{"{\"hostnme\": 1}", "1:2", "did you mean \"hostname\"?", NULL},
		{"{\"MountProc\": true}", "1:2", "no field \"MountProc\"", NULL},
		{"{\"userNet\": {\"nat\": true}}", "1:14", "user_net: ", "pasta { nat: ... }"},
		{"{\"tty\": \"on\"}", "1:2", "no field \"tty\"", "toastainer run --config"},
		{"{\"port\": -1}", "1:10", "from 0 to 4294967295", NULL},
		{"{\"port\": 4294967296}", "1:10", "from 0 to 4294967295", NULL},
		{"{\"port\": 1e10}", "1:10", "out of range", NULL},
		{"{\"port\": 1e999999999999}", "1:10", "out of range", NULL},
		{"{\"rlimitAs\": 18446744073709551616}", "1:14", "out of range", NULL},
		{"{\"port\": 1.5}", "1:10", "whole numbers", NULL},
		{"{\"port\": 1e-1}", "1:10", "whole numbers", NULL},
		{"{\"port\": \"x\"}", "1:10", "expected a number, not negative", NULL},
		{"{\"port\": \"\"}", "1:10", "expected a number", NULL},
		{"{\"port\": \" 1\"}", "1:10", "expected a number", NULL},
		{"{\"port\": \"1e3\"}", "1:10", "expected a number", NULL},
		{"{\"port\": \"-0\"}", "1:10", "expected a number", NULL},
		{"{\"port\": true}", "1:10", "expected a number, not negative, found true", NULL},
		{"{\"port\": [1]}", "1:10", "found a list", NULL},
		{"{\"daemon\": 1}", "1:12", "expected true or false, found 1", NULL},
		{"{\"daemon\": \"maybe\"}", "1:12", "expected true or false, found a string", NULL},
		{"{\"hostname\": 5}", "1:14", "expected a string in quotes, found 5", NULL},
		{"{\"hostname\": {}}", "1:14", "found an object", NULL},
		{"{\"hostname\": \"\\u0000\"}", "1:14", "NUL", NULL},
		{"{\"envar\": [[\"a\"]]}", "1:12", "envar[0]: ", NULL},
		{"{\"execBin\": \"x\"}", "1:13",
		 "exec_bin: expected a block in braces, found a string", NULL},
		{"{\"mode\": \"NEVER\"}", "1:10", "unknown value \"NEVER\"", "LISTEN, ONCE"},
		{"{\"mode\": \"once\"}", "1:10", "unknown value", NULL},
		{"{\"mode\": 9}", "1:10", "unknown value \"9\"", NULL},
		{"{\"mode\": 1.5}", "1:10", "whole numbers", NULL},
		{"{\"mode\": \"\"}", "1:10", "unknown value", NULL},
		{"{\"execBin\": {}}", "1:14", "the required field \"path\" is missing", NULL},
		{"{\"mount\": [{\"dst\": \"/\"}, {}]}", "1:27",
		 "mount[1]: the required field \"dst\"", NULL},
		{"{\"execBin\": {\"path\": \"a\"}, \"execBin\": {}}", "1:40", "\"path\" is missing",
		 NULL},
		{"{\"mount\": {\"srcContent\": \"a\"}}", "1:26",
		 "mount[0].src_content: the base64 text has a wrong length", NULL},
		{"{\"mount\": {\"srcContent\": \"aG=V\"}}", "1:26", "(character 3)", NULL},
		{"{\"mount\": {\"srcContent\": \"/-8=\"}}", "1:26", "(character 2)", NULL},
		{"{\"mount\": {\"srcContent\": \"aGVsbG8==\"}}", "1:26", "wrong length", NULL},
		{"{\"mount\": {\"srcContent\": \"aR\"}}", "1:26", "within a byte", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		check_refused(FACE_NSJAIL, &tests[i]);
}

static void test_faces(void **state UNUSED)
{
	check_accepted(FACE_RUN, "{\"tty\": \"on\", \"proc_rw\": true, \"rlimitAsType\": 4}",
		       "tty: on\nproc_rw: true\nrlimit_as_type: INHERIT\n");
}

static void dump(const struct config *cfg, bool json, struct sbuf *out)
{
	struct err err = ERR_INIT;

	sbuf_puts(out, "");
	if ((json ? dump_json(cfg, out, &err) : dump_text(cfg, out, &err)) < 0)
		fail_msg("dump: %s", err.msg);
}

/* A dump in either form reads back as the same config, and so dumps the same again. */
static void test_round_trip(void **state UNUSED)
{
	static const char text[] =
		"name: \"\\001\\177\\\\\\\"\u00e9\" description: '' description: 'b' mode: 0\n"
		"port: 0 rlimit_as: 18446744073709551615 cgroup_mem_swap_max: -7 pass_fd: [-1, 5]\n"
		"oom_score_adj: 0 mount { dst: '/' src_content: '\\000\\377ab' is_dir: false }\n"
		"mount { dst: '/b' src_content: '' } uidmap {} user_net { pasta {} rule6 {} }\n"
		"exec_bin { path: '' arg: [] exec_fd: true }";
	struct err err = ERR_INIT;
	struct config cfg, again;

	assert_int_equal(load(&cfg, FACE_NSJAIL, text, &err), 0);
	for (int json = 0; json < 2; json++) {
		struct sbuf first = {0}, second = {0}, plain = {0}, plain_again = {0};

		dump(&cfg, json, &first);
		assert_int_equal(load(&again, FACE_NSJAIL, first.s, &err), 0);
		dump(&again, json, &second);
		assert_string_equal(first.s, second.s);
		dump(&cfg, false, &plain);
		dump(&again, false, &plain_again);
		assert_string_equal(plain.s, plain_again.s);
		sbuf_free(&first);
		sbuf_free(&second);
		sbuf_free(&plain);
		sbuf_free(&plain_again);
		config_free(&again);
	}
	config_free(&cfg);
}

static void test_dump_json(void **state UNUSED)
{
	struct err err = ERR_INIT;
	struct sbuf out = {0};
	struct config cfg;

	assert_int_equal(load(&cfg, FACE_NSJAIL,
			      "rlimit_as: 5 mode: RERUN port: 1 mount { dst: '/' src_content: 'a' }"
			      "mount { dst: '/b' src_content: 'ab' } envar: ['x', 'y']",
			      &err),
			 0);
	assert_int_equal(dump_json(&cfg, &out, &err), 0);
	assert_string_equal(out.s,
			    "{\n  \"mode\": \"RERUN\",\n  \"envar\": [\n    \"x\",\n    \"y\"\n"
			    "  ],\n  \"mount\": [\n    {\n      \"srcContent\": \"YQ==\",\n"
			    "      \"dst\": \"/\"\n    },\n    {\n"
			    "      \"srcContent\": \"YWI=\",\n      \"dst\": \"/b\"\n    }\n"
			    "  ],\n  \"rlimitAs\": \"5\",\n  \"port\": 1\n}\n");
	sbuf_free(&out);
	config_free(&cfg);
	/* The text format has bytes that JSON cannot carry. */
	assert_int_equal(load(&cfg, FACE_NSJAIL, "hostname: '\\377'", &err), 0);
	assert_int_equal(dump_json(&cfg, &out, &err), -EILSEQ);
	assert_non_null(strstr(err.msg, "hostname"));
	sbuf_free(&out);
	config_free(&cfg);
}

static void test_memory(void **state UNUSED)
{
	check_without_memory("{\"hostname\": \"a\", \"envar\": [\"1\", \"2\"], \"mount\": "
			     "[{\"dst\": \"/\", \"srcContent\": \"YWI=\"}]}");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),     cmocka_unit_test(test_syntax_errors),
		cmocka_unit_test(test_value_errors), cmocka_unit_test(test_faces),
		cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_dump_json),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
