// SPDX-License-Identifier: GPL-2.0
/* Addresses lent out of pools, kept over restarts of the daemon. */
#include "daemon/lease_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/value.h"
#include "lib/log.h"

#define NAME		"leases"
#define OWNER_MAX	256u	/* octets of an identity; longer ones are not kept */
#define LINE_LEN	(CONF_NAME_MAX + ADDR_STRLEN + 8 + 2 * OWNER_MAX + 8)
#define GROWN		(64 * 1024)
#define PATH_LEN	4096

static int print_line(char line[LINE_LEN], const struct lease *l)
{
	char hex[2 * OWNER_MAX + 1], addr[ADDR_STRLEN];

	if (!l->owner.len || l->owner.len > OWNER_MAX)
		return 0;
	return snprintf(line, LINE_LEN, "%s %s %u %s\n", l->conn, ip_addr_print(addr, &l->addr), l->owner.type,
			kw_hex(hex, sizeof(hex), KW_SPAN(l->owner.data, l->owner.len)));
}

/* A line that is none is left out: the file may have been cut short by a crash. */
static void take_line(struct leases *all, char *line)
{
	char conn[CONF_NAME_MAX], addr_text[ADDR_STRLEN], hex[2 * OWNER_MAX + 1];
	uint8_t octets[OWNER_MAX];
	struct kw_writer w = kw_writer(octets, sizeof(octets));
	struct ident owner = { 0 };
	struct ip_addr addr;
	unsigned int type;

	if (sscanf(line, "%31s %47s %u %512s", conn, addr_text, &type, hex) != 4 || type > UINT8_MAX ||
	    ip_addr_parse(&addr, addr_text) || value_hex(hex, &w) ||
	    ident_copy(&owner, (uint8_t)type, kw_written(&w)))
		return;
	if (lease_restore(all, conn, &owner, &addr))
		log_warn(NULL, "no memory for the lease of %s", addr_text);
	ident_drop(&owner);
}

static void read_all(int fd, struct leases *all)
{
	char line[LINE_LEN], block[4096];
	size_t have = 0;
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, block, sizeof(block), at)) > 0) {
		at += n;
		for (ssize_t i = 0; i < n; i++) {
			if (block[i] != '\n') {
				if (have < sizeof(line))
					line[have++] = block[i];
				continue;
			}
			line[have < sizeof(line) ? have : sizeof(line) - 1] = '\0';
			take_line(all, line);
			have = 0;
		}
	}
	if (n < 0)
		log_warn(NULL, "the file of leases: %s", strerror(errno));
}

static int write_list(int fd, const struct list *head)
{
	char line[LINE_LEN];
	struct list *l;

	list_for_each(l, head) {
		int n = print_line(line, list_entry(l, struct lease, node));

		if (n && write(fd, line, (size_t)n) != n)
			return -EIO;
	}
	return 0;
}

/* Lines that later ones have replaced are left out. */
static void shrink(const char *path, int *fd)
{
	char new_path[PATH_LEN + 8];
	struct leases all;
	int out;

	if (leases_init(&all))
		return;
	read_all(*fd, &all);
	snprintf(new_path, sizeof(new_path), "%s.new", path);
	out = open(new_path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (out >= 0 && !write_list(out, &all.away) && !fsync(out) && !rename(new_path, path)) {
		close(*fd);
		*fd = out;
	} else {
		log_warn(NULL, "%s: %s", new_path, strerror(errno));
		if (out >= 0)
			close(out);
	}
	leases_free(&all);
}

void lease_file_open(struct lease_file *f, const char *dir)
{
	char path[PATH_LEN];
	struct stat st;

	f->fd = -1;
	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/" NAME, dir);
	if (mkdir(dir, 0700) && errno != EEXIST)
		log_warn(NULL, "%s: %s", dir, strerror(errno));
	f->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (f->fd < 0)
		log_warn(NULL, "%s: %s: addresses that are lent are not kept over a restart", path,
			 strerror(errno));
	else if (!fstat(f->fd, &st) && st.st_size > GROWN)
		shrink(path, &f->fd);
}

static void on_change(void *ctx, const struct lease *l)
{
	const struct lease_file *f = ctx;
	char line[LINE_LEN];
	int n = print_line(line, l);

	if (n && write(f->fd, line, (size_t)n) != n)
		log_warn(NULL, "an address that was lent is not kept: %s", strerror(errno));
}

void lease_file_attach(struct lease_file *f, struct leases *all)
{
	if (f->fd < 0)
		return;
	read_all(f->fd, all);
	all->changed = on_change;
	all->ctx = f;
}

void lease_file_close(struct lease_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}
