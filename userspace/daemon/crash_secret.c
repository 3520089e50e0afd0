// SPDX-License-Identifier: GPL-2.0
/* The secret that outlives the daemon (RFC 6290 §5.1). */
#include "daemon/crash_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/rand.h"
#include "lib/log.h"

#define NAME		"crash-secret"
#define PATH_LEN	4096

/* 0; -ENOENT; -EACCES: others can read or write it; -EINVAL: it has another length. */
static int read_file(struct kw_secret *s, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), ret = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		ret = -errno;
	else if (st.st_mode & 077)
		ret = -EACCES;
	else if (!S_ISREG(st.st_mode) || st.st_size != CRASH_SECRET_LEN)
		ret = -EINVAL;
	else
		ret = kw_secret_new(s, CRASH_SECRET_LEN);
	if (!ret && read(fd, s->p, CRASH_SECRET_LEN) != CRASH_SECRET_LEN)
		ret = -EIO;
	close(fd);
	return ret;
}

static int write_all(int fd, const struct kw_secret *s)
{
	struct kw_span octets = kw_secret_expose(s);

	return write(fd, octets.p, octets.len) == (ssize_t)octets.len && !fsync(fd) ? 0 : -EIO;
}

/* Under its name only when it is whole: half a secret would be none for ever. */
static int make_file(struct kw_secret *s, const char *path)
{
	char new_path[PATH_LEN + 8];
	int fd, ret = kw_secret_new(s, CRASH_SECRET_LEN);

	if (ret)
		return ret;
	rand_bytes(s->p, s->len);
	snprintf(new_path, sizeof(new_path), "%s.new", path);
	unlink(new_path);
	fd = open(new_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	ret = write_all(fd, s);
	close(fd);
	if (!ret && rename(new_path, path))
		ret = -errno;
	if (ret)
		unlink(new_path);
	return ret;
}

void crash_secret_open(struct kw_secret *s, const char *dir)
{
	char path[PATH_LEN];
	int ret;

	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/" NAME, dir);
	if (mkdir(dir, 0700) && errno != EEXIST)
		log_warn(NULL, "%s: %s", dir, strerror(errno));
	ret = read_file(s, path);
	if (ret == -ENOENT || ret == -EINVAL)
		ret = make_file(s, path);
	if (!ret)
		return;
	kw_secret_drop(s);
	log_warn(NULL, "%s: %s: after a restart peers will not be told at once what was lost", path,
		 ret == -EACCES ? "others can read it: remove it, and another is made" : strerror(-ret));
}
