// SPDX-License-Identifier: BSD-3-Clause
/*
 * channel send|receive KIND NAME: one end of a channel between two jails. The sender prints "ready",
 * then holds the channel open until its input ends. The receiver prints GOT when the sender's mark
 * arrived, or "nothing". NAME keeps runs apart.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <mqueue.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>
#include <linux/vm_sockets.h>

static key_t key_of(const char *name)
{
	unsigned int h = 5381;

	for (; *name; name++)
		h = h * 33 + (unsigned char)*name;
	return (key_t)(h & 0x7fffffff);
}

static int keyring(int sending, const char *name, int where)
{
	if (sending)
		return syscall(SYS_add_key, "user", name, "mark", (size_t)4, where) >= 0;
	return syscall(SYS_keyctl, KEYCTL_SEARCH, where, "user", name, 0) >= 0;
}

static int session_keyring(int sending, const char *name)
{
	return keyring(sending, name, KEY_SPEC_SESSION_KEYRING);
}

static int user_keyring(int sending, const char *name)
{
	return keyring(sending, name, KEY_SPEC_USER_KEYRING);
}

static int user_session_keyring(int sending, const char *name)
{
	return keyring(sending, name, KEY_SPEC_USER_SESSION_KEYRING);
}

static int abstract_socket(int sending, const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	socklen_t len;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "%s", name);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
	if (sending)
		return bind(fd, (struct sockaddr *)&a, len) == 0 && listen(fd, 1) == 0;
	return connect(fd, (struct sockaddr *)&a, len) == 0;
}

static int shared_memory(int sending, const char *name)
{
	return shmget(key_of(name), 4096, sending ? IPC_CREAT | 0666 : 0666) >= 0;
}

static int semaphore(int sending, const char *name)
{
	return semget(key_of(name), 1, sending ? IPC_CREAT | 0666 : 0666) >= 0;
}

static int message_queue(int sending, const char *name)
{
	return msgget(key_of(name), sending ? IPC_CREAT | 0666 : 0666) >= 0;
}

static int posix_queue(int sending, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/%s", name);
	return mq_open(path, sending ? O_RDWR | O_CREAT : O_RDWR, 0666, NULL) >= 0;
}

static int file_in(const char *dir, int sending, const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, sending ? O_RDWR | O_CREAT : O_RDONLY, 0666);
	return fd >= 0;
}

static int dev_shm(int sending, const char *name)
{
	return file_in("/dev/shm", sending, name);
}

static int tmp_file(int sending, const char *name)
{
	return file_in("/tmp", sending, name);
}

/* vsock is one for the whole machine; port from the name. */
static int vsock(int sending, const char *name)
{
	struct sockaddr_vm a = {.svm_family = AF_VSOCK,
				.svm_cid = VMADDR_CID_LOCAL,
				.svm_port = 1024 + (unsigned int)key_of(name) % 60000};
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	if (sending) {
		a.svm_cid = VMADDR_CID_ANY;
		return bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 1) == 0;
	}
	return connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
}

/* A lock on a file that both see: the device node /dev/null is the host's own. */
static int lock_on(const char *path, int sending)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return 0;
	if (sending)
		return flock(fd, LOCK_EX | LOCK_NB) == 0;
	return flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

static int device_lock(int sending, const char *name)
{
	(void)name;
	return lock_on("/dev/null", sending);
}

static const struct {
	const char *name;
	int (*run)(int sending, const char *name);
} kinds[] = {
	{"session-keyring", session_keyring},
	{"user-keyring", user_keyring},
	{"user-session-keyring", user_session_keyring},
	{"abstract-socket", abstract_socket},
	{"sysv-shm", shared_memory},
	{"sysv-sem", semaphore},
	{"sysv-msg", message_queue},
	{"posix-mq", posix_queue},
	{"dev-shm", dev_shm},
	{"tmp", tmp_file},
	{"vsock", vsock},
	{"device-lock", device_lock},
};

int main(int argc, char **argv)
{
	char c;

	if (argc < 4)
		return 2;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		int sending = strcmp(argv[1], "send") == 0, ok;

		if (strcmp(kinds[i].name, argv[2]))
			continue;
		ok = kinds[i].run(sending, argv[3]);
		if (!sending) {
			puts(ok ? "GOT" : "nothing");
			return 0;
		}
		puts(ok ? "ready" : "cannot");
		fflush(stdout);
		while (read(0, &c, 1) > 0)
			;
		return 0;
	}
	return 2;
}
