// SPDX-License-Identifier: GPL-2.0
/* What systemd gets to hear: sd_notify(3) datagrams. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/notify.h"

/* systemd's end; name begins with '@' for one in the abstract namespace. */
static int listen_at(const char *name)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(sun.sun_path, name, strlen(name));
	if (name[0] == '@')
		sun.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&sun,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static const char *hear(int fd)
{
	static char text[300];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void ready_and_stopping_arrive(void **state)
{
	char name[64];
	int fd;

	(void)state;
	snprintf(name, sizeof(name), "@keyway-notify-%d", (int)getpid());
	fd = listen_at(name);
	notify_open();
	assert_null(getenv("NOTIFY_SOCKET"));	/* nobody we start may speak for us */
	notify_send("READY=1");
	assert_string_equal(hear(fd), "READY=1");
	notify_send("STATUS=%d of %d up", 1, 2);
	assert_string_equal(hear(fd), "STATUS=1 of 2 up");
	notify_close();
	close(fd);
}

static void reloading_carries_the_time(void **state)
{
	char path[] = "/tmp/keyway-notify.XXXXXX", name[80];
	int fd;

	(void)state;
	assert_non_null(mkdtemp(path));
	snprintf(name, sizeof(name), "%s/s", path);
	fd = listen_at(name);
	notify_open();
	notify_reloading();
	assert_int_equal(strncmp(hear(fd), "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
	notify_close();
	close(fd);
	unlink(name);
	rmdir(path);
}

static void nobody_listens_and_nothing_happens(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	notify_open();
	notify_send("READY=1");
	setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
	notify_open();
	notify_send("READY=1");
	notify_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ready_and_stopping_arrive),
		cmocka_unit_test(reloading_carries_the_time),
		cmocka_unit_test(nobody_listens_and_nothing_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
