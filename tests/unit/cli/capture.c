// SPDX-License-Identifier: GPL-2.0
/* Standard output of a piece of code, as text. */
#include "capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static int fd = -1, saved = -1;
static char text[65536];

void capture_begin(void)
{
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	fd = memfd_create("stdout", MFD_CLOEXEC);
	if (saved < 0 || fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
		abort();
}

const char *capture_end(void)
{
	ssize_t n;

	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	n = pread(fd, text, sizeof(text) - 1, 0);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}
