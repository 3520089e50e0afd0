// SPDX-License-Identifier: GPL-2.0
/* Files of exported keys. */
#include "daemon/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "config/conf.h"
#include "ike/key_export.h"
#include "lib/log.h"

#define PATH_LEN 4096

void key_files_none(struct key_files *f)
{
	for (unsigned int i = 0; i < KEY_TABLES; i++)
		f->fd[i] = -1;
}

static bool wanted(const struct conf *conf)
{
	for (unsigned int i = 0; i < conf->n; i++)
		if (conf->conn[i]->export_keys)
			return true;
	return false;
}

void key_files_open(struct key_files *f, const struct conf *conf, const char *dir)
{
	char path[PATH_LEN];

	key_files_none(f);
	if (!dir || !wanted(conf))
		return;
	if (mkdir(dir, 0700) && errno != EEXIST)
		log_warn(NULL, "%s: %s", dir, strerror(errno));
	for (unsigned int i = 0; i < KEY_TABLES; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, key_table_name((enum key_table)i));
		f->fd[i] = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (f->fd[i] < 0 || fchmod(f->fd[i], 0600))
			log_warn(NULL, "%s: %s", path, strerror(errno));
	}
	log_warn(NULL, "export-keys = yes: who can read %s can read the traffic of such connections", dir);
}

void key_files_add(void *ctx, enum key_table table, const char *line)
{
	const struct key_files *f = ctx;
	const struct iovec parts[] = {
		{ .iov_base = (char *)(uintptr_t)line, .iov_len = strlen(line) }, { .iov_base = "\n", .iov_len = 1 },
	};

	if (f->fd[table] < 0)
		log_warn(NULL, "%s is not open: export-keys = yes is used after a restart only", key_table_name(table));
	else if (writev(f->fd[table], parts, 2) != (ssize_t)(parts[0].iov_len + 1))
		log_warn(NULL, "%s: %s", key_table_name(table), strerror(errno));
}

void key_files_close(struct key_files *f)
{
	for (unsigned int i = 0; i < KEY_TABLES; i++)
		if (f->fd[i] >= 0)
			close(f->fd[i]);
	key_files_none(f);
}
