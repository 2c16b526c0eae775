// SPDX-License-Identifier: BSD-3-Clause
/*
 * The text format. The expectations are those of protobuf's C++ parser, with which the parser was
 * compared over generated files.
 */
#include "configs.h"

#define HOST(s) "hostname: \"" s "\"\n"

static void test_accepted(void **state UNUSED)
{
	static const struct accepted tests[] = {
		/* blanks, comments, separators */
		{"# only a comment", ""},
		{" \t\r\n\v\f", ""},
		{"port:1#c\n;max_conns:2,max_cpus:3 daemon:t",
		 "max_cpus: 3\nport: 1\nmax_conns: 2\ndaemon: true\n"},
		{"port # c\n : # c \n 1", "port: 1\n"},
		/* numbers */
		{"port: 0x1F", "port: 31\n"},
		{"port: 0X1f", "port: 31\n"},
		{"port: 017", "port: 15\n"},
		{"port: 4294967295", "port: 4294967295\n"},
		{"rlimit_as: 18446744073709551615", "rlimit_as: 18446744073709551615\n"},
		{"rlimit_as: 01777777777777777777777", "rlimit_as: 18446744073709551615\n"},
		{"nice_level: - # c\n 0x80000000", "nice_level: -2147483648\n"},
		{"cgroup_mem_swap_max: -9223372036854775808",
		 "cgroup_mem_swap_max: -9223372036854775808\n"},
		{"nice_level: -0", "nice_level: 0\n"},
		/* booleans and enumerations */
		{"daemon: True keep_env: t silent: 0x1 iface_no_lo: 01",
		 "keep_env: true\nsilent: true\niface_no_lo: true\ndaemon: true\n"},
		{"clone_newnet: False clone_newipc: f clone_newuts: 0",
		 "clone_newnet: false\nclone_newipc: false\nclone_newuts: false\n"},
		{"mode: LISTEN", "mode: LISTEN\n"},
		{"mode: 0x2", "mode: RERUN\n"},
		{"mode: -0", "mode: LISTEN\n"},
		{"rlimit_as_type: INF", "rlimit_as_type: INF\n"},
		/* strings */
		{"hostname: 'it\"s'", HOST("it\\\"s")},
		{"hostname: 'a' \"b\" # c\n\t'c'", HOST("abc")},
		{"hostname: \"\\a\\b\\f\\n\\r\\t\\v\\\\\\?\\'\\\"\"",
		 HOST("\\007\\010\\014\\n\\r\\t\\013\\\\?'\\\"")},
		{"hostname: \"\\101\\1018\\x41\\x414\\x4g\"", HOST("AA8AA4\\004g")},
		{"hostname: \"\\u00e9\\U0001f600\\ud83d\\ude00\"",
		 HOST("\u00e9\U0001f600\U0001f600")},
		{"hostname: \"\\377\xff\"", HOST("\\377\\377")},
		{"hostname: \"\"", HOST("")},
		{"mount { dst: '/' src_content: '\\000\\x0' }",
		 "mount {\n\tsrc_content: \"\\000\\000\"\n\tdst: \"/\"\n}\n"},
		/* messages and lists */
		{"exec_bin { path: 'a' arg: 'b' }", "exec_bin {\n\tpath: \"a\"\n\targ: \"b\"\n}\n"},
		{"exec_bin: < path: 'a' >", "exec_bin {\n\tpath: \"a\"\n}\n"},
		{"envar: ['a', 'b' 'c']", "envar: \"a\"\nenvar: \"bc\"\n"},
		{"envar: [] envar: 'a' envar: ['b']", "envar: \"a\"\nenvar: \"b\"\n"},
		{"uidmap [{}, < inside_id: '1' >]",
		 "uidmap {\n}\nuidmap {\n\tinside_id: \"1\"\n}\n"},
		{"mount: []", ""},
		{"user_net {}", "user_net {\n}\n"},
		{"user_net { pasta { nat: false } rule4 { action: DROP } }",
		 "user_net {\n\tpasta {\n\t\tnat: false\n\t}\n\trule4 {\n\t\taction: "
		 "DROP\n\t}\n}\n"},
		/* what is given stays given, also when it is the default */
		{"time_limit: 600", "time_limit: 600\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		check_accepted(FACE_NSJAIL, tests[i].text, tests[i].dump);
}

static void test_syntax_errors(void **state UNUSED)
{
	static const struct refused tests[] = {
		{"\n port 1", "2:7", "expected \":\", found the number 1", NULL},
		{"port: ", "1:7",
		 "port: expected a number, not negative, found the end of the file", NULL},
		{"port:: 1", "1:6", "found the symbol :", NULL},
		{"port: 1,, daemon: true", "1:9", "expected a field's name, found the symbol ,",
		 NULL},
		{"port: 1 }", "1:9", "expected a field's name", NULL},
		{"exec_bin { path: 'a'", "1:21",
		 "or the end of the block, found the end of the file", NULL},
		{"exec_bin { path: 'a' >", "1:22", "found the symbol >", NULL},
		{"exec_bin < path: 'a' }", "1:22", "found the symbol }", NULL},
		{"exec_bin 5", "1:10", "exec_bin: expected a block in braces, found the number 5",
		 NULL},
		{"exec_bin [{ path: 'a' }]", "1:10", "found the symbol [", NULL},
		{"hostname: ['a']", "1:11", "expected a string in quotes, found the symbol [",
		 NULL},
		{"envar: ['a',]", "1:13", "envar[1]: expected a string", NULL},
		{"envar: ['a' ; 'b']", "1:13", "expected \",\" or \"]\"", NULL},
		{"envar ['a']", "1:7", "expected \":\"", NULL},
		{"[a.b]: 1", "1:1", "extensions", NULL},
		{"\xef\xbb\xbfport: 1", "1:1", "byte order mark", NULL},
		{"\xef\xbb\xbf{}", "1:1", "byte order mark", NULL},
		{"port: 1 \x01", "1:9", "control character 0x01", NULL},
		{"port: \xc3\xa9", "1:7", "outside of ASCII", NULL},
		{"port: \x7f", "1:7", "found the symbol", NULL},
		{"port: 1\n<<<<<<< HEAD", "2:1", "expected a field's name", "merge conflict"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		check_refused(FACE_NSJAIL, &tests[i]);
}

static void test_value_errors(void **state UNUSED)
{
	static const struct refused tests[] = {
		{"port: -1", "1:7", "port: it takes no negative number", NULL},
		{"port: 4294967296", "1:7", "it takes a number from 0 to 4294967295", NULL},
		{"nice_level: 2147483648", "1:13", "from -2147483648 to 2147483647", NULL},
		{"nice_level: -2147483649", "1:13", "out of range", NULL},
		{"cgroup_mem_swap_max: -9223372036854775809", "1:22", "out of range", NULL},
		{"rlimit_as: 18446744073709551616", "1:12", "out of range", NULL},
		{"port: 1.0", "1:7", "expected a number, not negative, found the number 1.0", NULL},
		{"port: .5", "1:7", "found the number .5", NULL},
		{"port: 1e3", "1:7", "found the number 1e3", NULL},
		{"port: 1e", "1:7", "exponent", NULL},
		{"port: 1.5.", "1:7", "decimal point", NULL},
		{"port: 0x1.", "1:7", "decimal point", NULL},
		{"port: 0x", "1:7", "hex digits", NULL},
		{"port: 08", "1:7", "octal", NULL},
		{"port: 5max_conns: 1", "1:8", "space", NULL},
		{"port: +1", "1:7", "found the symbol +", NULL},
		{"port: '1'", "1:7", "found the string '1'", NULL},
		{"daemon: TRUE", "1:9", "expected true or false, found the name TRUE", NULL},
		{"daemon: 2", "1:9", "expected true or false", NULL},
		{"hostname: a", "1:11", "expected a string in quotes, found the name a", NULL},
		{"hostname: 'a", "1:11", "no end", NULL},
		{"hostname: 'a\n'", "1:11", "no end in its line", NULL},
		{"hostname: 'a\\\n'", "1:11", "no end in its line", NULL},
		{"hostname: '\\q'", "1:12", "no such escape sequence", NULL},
		{"hostname: '\\8'", "1:12", "no such escape sequence", NULL},
		{"hostname: '\\X41'", "1:12", "no such escape sequence", NULL},
		{"hostname: '\\xg'", "1:12", "hex digits must follow \\x", NULL},
		{"hostname: '\\u12'", "1:12", "4 hex digits must follow \\u", NULL},
		{"hostname: '\\U00110000'", "1:12", "no character above", NULL},
		{"hostname: '\\000'", "1:11", "NUL", NULL},
		{"hostname: 'a' hostname: 'b'", "1:15", "hostname: it was given before", NULL},
		{"user_net {} user_net {}", "1:13", "it was given before", NULL},
		{"mode: ONCEE", "1:7", "unknown value \"ONCEE\"; did you mean ONCE?",
		 "one of LISTEN, ONCE, RERUN, EXECVE"},
		{"mode: 4", "1:7", "unknown value \"4\"", NULL},
		{"mode: -1", "1:7", "unknown value \"-1\"", NULL},
		{"mode: 'ONCE'", "1:7", "expected a name", NULL},
		{"exec_bin { arg: 'a' }", "1:21",
		 "exec_bin: the required field \"path\" is missing", NULL},
		{"mount { dst: '/' }\nmount {\n src: '/'\n}", "4:1",
		 "mount[1]: the required field \"dst\"", NULL},
		{"user_net { rule4 {} rule4 { sport: x } }", "1:36",
		 "user_net.rule4[1].sport: ", NULL},
		{"description: '\xc3\xa9\xc3\xa9' port: x", "1:25", "port: ", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		check_refused(FACE_NSJAIL, &tests[i]);
}

static void test_unknown_fields(void **state UNUSED)
{
	static const struct refused tests[] = {
		{"hostnme: 'a'", "1:1", "no field \"hostnme\"; did you mean \"hostname\"?", NULL},
		{"Hostname: 'a'", "1:1", "did you mean \"hostname\"?", NULL},
		{"zzz: 1", "1:1", "no field \"zzz\"", ""},
		{"mount { dstt: '/' }", "1:9",
		 "mount[0]: MountPt has no field \"dstt\"; did you mean \"dst\"?", NULL},
		{"chroot_dir: '/'", "1:1", "", "mount { src: \"DIR\" dst: \"/\" is_bind: true }"},
		{"disable_proc: true", "1:1", "", "mount_proc: false"},
		{"disable_clone_newnet: true", "1:1", "", "clone_newnet: false"},
		{"bindmount_ro: '/a'", "1:1", "", "is_bind: true"},
		{"seccomp_policy: 'f'", "1:1", "", "seccomp_policy_file"},
		{"user_net { enable: true }", "1:12", "user_net: ", "take enable out"},
		{"user_net { nat: true }", "1:12", "", "pasta { nat: ... }"},
		{"is_bind: true", "1:1", "", "mount { is_bind: ... }"},
		{"mount { dst: '/' hostname: 'a' }", "1:18", "", "outside of this block"},
		{"name: 'a \"b\" 'c' d'", "1:15", "no field \"c\"", "a quote in a string is \\'"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		check_refused(FACE_NSJAIL, &tests[i]);
}

/* Our own settings: refused as nsjail does, accepted where toastainer's own commands read the file. */
static void test_faces(void **state UNUSED)
{
	static const struct refused tests[] = {
		{"tty: on", "1:1", "no field \"tty\"", "toastainer run --config"},
		{"chroot: '/x'", "1:1", "no field \"chroot\"", "toastainer run --config"},
		{"rlimit_as_type: INHERIT", "1:17", "unknown value \"INHERIT\"", NULL},
		{"rlimit_as_type: 4", "1:17", "unknown value \"4\"", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		check_refused(FACE_NSJAIL, &tests[i]);
	check_accepted(FACE_RUN, "tty: on chroot: '/x' rlimit_as_type: INHERIT",
		       "tty: on\nchroot: \"/x\"\nrlimit_as_type: INHERIT\n");
	check_accepted(FACE_IMAGE, "rlimit_as_type: 4 tmp: true",
		       "tmp: true\nrlimit_as_type: INHERIT\n");
}

/* A file replaces everything; a file that is refused changes nothing; an empty one is refused. */
static void test_replaces(void **state UNUSED)
{
	struct err err = ERR_INIT;
	struct config cfg;

	assert_int_equal(load(&cfg, FACE_NSJAIL, "port: 5 envar: 'a'", &err), 0);
	assert_int_equal(load_text(&cfg, "F", "port: x", 7, &err), -EINVAL);
	assert_int_equal(cfg.port, 5);
	assert_int_equal(cfg.envar.n, 1);
	assert_int_equal(load_text(&cfg, "F", "", 0, &err), -EINVAL);
	assert_string_equal(err.msg, "F: the file is empty");
	assert_int_equal(load_text(&cfg, "F", "max_conns: 6", 12, &err), 0);
	assert_int_equal(cfg.port, 0);
	assert_int_equal(cfg.envar.n, 0);
	assert_int_equal(cfg.max_conns, 6);
	assert_string_equal(cfg.hostname, "NSJAIL");
	assert_int_equal(config_load(&cfg, "/nonexistent/file", &err), -ENOENT);
	assert_int_equal(config_load(&cfg, "/", &err), -EISDIR);
	assert_int_equal(cfg.max_conns, 6);
	config_free(&cfg);
}

/* A NUL byte ends nothing. */
static void test_nul(void **state UNUSED)
{
	static const char *const places[] = {"port: 1@", "port: 1 # @", "name: 'a@b'", "@"};
	struct err err = ERR_INIT;
	struct config cfg;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char text[32];
		size_t n = strlen(places[i]);

		memcpy(text, places[i], n + 1);
		*strchr(text, '@') = 0;
		config_init(&cfg, FACE_NSJAIL);
		assert_int_equal(load_text(&cfg, "F", text, n, &err), -EINVAL);
		config_free(&cfg);
	}
}

static void test_memory(void **state UNUSED)
{
	check_without_memory("hostname: 'a' 'b' envar: ['1','2','3','4','5','6','7','8','9'] "
			     "mount { dst: '/' src_content: 'x' } user_net { rule4 {} rule4 {} }");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),     cmocka_unit_test(test_syntax_errors),
		cmocka_unit_test(test_value_errors), cmocka_unit_test(test_unknown_fields),
		cmocka_unit_test(test_faces),	     cmocka_unit_test(test_replaces),
		cmocka_unit_test(test_nul),	     cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
