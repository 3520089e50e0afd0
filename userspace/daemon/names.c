// SPDX-License-Identifier: GPL-2.0
/*
 * Name servers that gateways tell, and the process that hands them to the system.
 *
 * It is forked from the daemon while that is still young, has nothing but a pipe, and trusts nothing that
 * comes through it: each word is checked to be what it should be, no shell sees any of them. The end of
 * the pipe is the end of the daemon, however it came: then all is taken back.
 *
 *	DEVICE SERVER,SERVER... DOMAIN,DOMAIN...\n	"-" for none; no server: take back
 */
#include "daemon/names.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/list.h"
#include "lib/log.h"

#define LINE_LEN	8192u
#define WORDS_MAX	16u	/* servers, domains */
#define RESOLVED	"/run/systemd/resolve"

/* ---- the process ---- */

struct set {			/* what a device has now */
	struct list node;
	char line[LINE_LEN];
};

static int run(const char *const argv[], const char *input)
{
	int pipefd[2] = { -1, -1 }, status = -1;
	pid_t pid;

	if (input && pipe2(pipefd, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		if (input)
			dup2(pipefd[0], STDIN_FILENO);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (input) {
		close(pipefd[0]);
		if (write(pipefd[1], input, strlen(input)) < 0)
			status = -1;
		close(pipefd[1]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

static bool is_device(const char *s)
{
	size_t n = strlen(s);

	return n && n < 16 && s[0] != '-' && s[0] != '.' && !strpbrk(s, "/:% \t");
}

static bool is_server(const char *s)
{
	struct ip_addr a;

	return !ip_addr_parse(&a, s);
}

static bool is_domain(const char *s)
{
	if (!*s || *s == '-')
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("-._", *s))
			return false;
	return true;
}

/* "a,b" into words that pass; how many. */
static unsigned int split(char *list, bool (*good)(const char *s), const char *out[WORDS_MAX])
{
	unsigned int n = 0;
	char *word;

	while ((word = strsep(&list, ",")) && n < WORDS_MAX)
		if (good(word))
			out[n++] = word;
	return n;
}

/* Servers without domains are asked about everything (~. is the root). */
static void tell_resolved(const char *device, const char *const *server, unsigned int n_server,
			  const char *const *domain, unsigned int n_domain)
{
	const char *argv[WORDS_MAX + 4] = { "resolvectl", "dns", device };
	char route[WORDS_MAX][260];

	if (!n_server) {
		run((const char *const[]){ "resolvectl", "revert", device, NULL }, NULL);
		return;
	}
	for (unsigned int i = 0; i < n_server; i++)
		argv[3 + i] = server[i];
	run(argv, NULL);
	memset(argv + 3, 0, sizeof(argv) - 3 * sizeof(argv[0]));
	argv[1] = "domain";
	argv[3] = "~.";
	for (unsigned int i = 0; i < n_domain; i++) {
		snprintf(route[i], sizeof(route[i]), "~%s", domain[i]);
		argv[3 + i] = route[i];
	}
	run(argv, NULL);
	run((const char *const[]){ "resolvectl", "default-route", device, n_domain ? "no" : "yes", NULL }, NULL);
}

static void tell_resolvconf(const char *device, const char *const *server, unsigned int n_server,
			    const char *const *domain, unsigned int n_domain)
{
	char text[LINE_LEN];
	size_t len = 0;

	if (!n_server) {
		run((const char *const[]){ "resolvconf", "-d", device, NULL }, NULL);
		return;
	}
	for (unsigned int i = 0; i < n_server; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "nameserver %s\n", server[i]);
	for (unsigned int i = 0; i < n_domain; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %s", i ? "" : "search", domain[i]);
	snprintf(text + len, sizeof(text) - len, n_domain ? "\n" : "");
	run((const char *const[]){ "resolvconf", "-a", device, NULL }, text);
}

static void obey(const char *tool, char *line)
{
	char *device = strsep(&line, " "), *servers = strsep(&line, " "), *domains = line;
	const char *server[WORDS_MAX], *domain[WORDS_MAX];
	unsigned int n_server, n_domain;

	if (!device || !servers || !domains || !is_device(device))
		return;
	n_server = split(servers, is_server, server);
	n_domain = split(domains, is_domain, domain);
	if (strcmp(tool, "resolvectl") == 0)
		tell_resolved(device, server, n_server, domain, n_domain);
	else
		tell_resolvconf(device, server, n_server, domain, n_domain);
}

static bool has_three_words(const char *line)
{
	const char *second = strchr(line, ' ');

	return second && second != line && strchr(second + 1, ' ');
}

static struct set *find_set(struct list *sets, const char *line)
{
	const size_t device = strcspn(line, " ") + 1;
	struct list *l;

	list_for_each(l, sets)
		if (strncmp(list_entry(l, struct set, node)->line, line, device) == 0)
			return list_entry(l, struct set, node);
	return NULL;
}

/* What changes nothing is not said again. */
static void on_line(struct list *sets, const char *tool, const char *line)
{
	const bool takes_back = strstr(line, " - ");
	struct set *s = has_three_words(line) ? find_set(sets, line) : NULL;
	char words[LINE_LEN];

	if (!has_three_words(line) || (s ? strcmp(s->line, line) == 0 : takes_back))
		return;
	if (s) {
		list_del(&s->node);
	} else {
		s = calloc(1, sizeof(*s));
		if (!s)
			return;
	}
	if (takes_back) {
		free(s);
	} else {
		snprintf(s->line, sizeof(s->line), "%s", line);
		list_add_tail(sets, &s->node);
	}
	snprintf(words, sizeof(words), "%s", line);
	obey(tool, words);
}

static void take_all_back(struct list *sets, const char *tool)
{
	while (!list_empty(sets)) {
		struct set *s = list_entry(sets->next, struct set, node);
		char line[LINE_LEN];

		snprintf(line, sizeof(line), "%.*s - -", (int)strcspn(s->line, " "), s->line);
		on_line(sets, tool, line);
	}
}

static _Noreturn void serve(int fd, const char *tool)
{
	char line[LINE_LEN];
	struct list sets;
	FILE *in;

	/* Who stops a whole group of processes stops the daemon, which closes the pipe. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	dup2(fd, STDIN_FILENO);
	close_range(3, ~0u, 0);
	in = stdin;
	list_init(&sets);
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		on_line(&sets, tool, line);
	}
	take_all_back(&sets, tool);
	_exit(0);
}

/* ---- the daemon ---- */

static bool in_path(const char *program)
{
	const char *path = getenv("PATH");
	char dirs[4096], full[4400], *rest = dirs, *dir;

	snprintf(dirs, sizeof(dirs), "%s", path ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
	while ((dir = strsep(&rest, ":"))) {
		snprintf(full, sizeof(full), "%s/%s", dir, program);
		if (!access(full, X_OK))
			return true;
	}
	return false;
}

void names_start(struct names *n)
{
	int pipefd[2];

	*n = (struct names){ .fd = -1 };
	if (in_path("resolvectl") && !access(RESOLVED, X_OK))
		n->tool = "resolvectl";
	else if (in_path("resolvconf"))
		n->tool = "resolvconf";
	if (!n->tool || pipe2(pipefd, O_CLOEXEC))
		return;
	n->pid = fork();
	if (!n->pid)
		serve(pipefd[0], n->tool);
	close(pipefd[0]);
	n->fd = pipefd[1];
	/* Should it ever hang, the daemon does not. */
	if (n->pid > 0 && !fcntl(n->fd, F_SETFL, O_NONBLOCK))
		return;
	close(n->fd);
	n->fd = -1;
}

static size_t print_list(char *buf, size_t cap, const struct env_dns *dns, bool domains)
{
	const unsigned int n = domains ? dns->n_domain : dns->n_server;
	char text[ADDR_STRLEN];
	size_t len = 0;

	for (unsigned int i = 0; i < n && len < cap; i++)
		len += (size_t)snprintf(buf + len, cap - len, "%s%s", i ? "," : "",
					domains ? dns->domain[i] : ip_addr_print(text, &dns->server[i]));
	if (!n)
		len = (size_t)snprintf(buf, cap, "-");
	return len < cap ? len : cap - 1;
}

void names_set(void *names, const struct env_dns *dns)
{
	char server[1024], domain[4096], line[LINE_LEN];
	struct names *n = names;
	size_t len;

	print_list(server, sizeof(server), dns, false);
	print_list(domain, sizeof(domain), dns, true);
	if (n->fd < 0) {
		if (dns->n_server)
			log_warn(NULL, "name servers of %s are not used: neither systemd-resolved nor resolvconf is there: %s",
				 dns->device, server);
		return;
	}
	len = (size_t)snprintf(line, sizeof(line), "%s %s %s\n", dns->device, server, domain);
	if (write(n->fd, line, len) == (ssize_t)len)
		return;
	log_warn(NULL, "name servers of %s are not set: %s", dns->device, strerror(errno));
}

void names_stop(struct names *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}
