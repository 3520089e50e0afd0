// SPDX-License-Identifier: GPL-2.0
/*
 * The door to PAM. A process is forked from the daemon while that is still young; it has nothing but a socket, and forks once
 * more for each question, so that a module that hangs, leaks or dies takes nobody along. The password is known to that
 * grandchild for the time of the question, and to nobody afterwards.
 *
 * The user is asked for a name and one password. A module that wants another answer, or a change of password, gets none.
 */
#include "daemon/pam.h"

#include <errno.h>
#include <fcntl.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/secret.h"

#define SERVICE_LEN	64u
#define AT_ONCE		64u	/* questions */
#define PATIENCE_S	30u	/* for one */

struct question {
	uint32_t number;
	char service[SERVICE_LEN], user[ENV_PAM_WORD], password[ENV_PAM_WORD], from[ADDR_STRLEN];
};

struct answer {
	uint32_t number;
	struct env_pam_answer is;
};

/* ---- the process for one question ---- */

struct talk {
	const struct question *q;
	bool told;		/* the password, once */
};

static int answer_one(struct talk *t, const struct pam_message *m, struct pam_response *r)
{
	switch (m->msg_style) {
	case PAM_PROMPT_ECHO_OFF:
		if (t->told)
			return PAM_CONV_ERR;
		t->told = true;
		r->resp = strdup(t->q->password);
		return r->resp ? PAM_SUCCESS : PAM_BUF_ERR;
	case PAM_PROMPT_ECHO_ON:
		r->resp = strdup(t->q->user);
		return r->resp ? PAM_SUCCESS : PAM_BUF_ERR;
	case PAM_ERROR_MSG:
	case PAM_TEXT_INFO:
		return PAM_SUCCESS;
	default:
		return PAM_CONV_ERR;
	}
}

static int converse(int n, const struct pam_message **m, struct pam_response **out, void *talk)
{
	struct pam_response *r = n > 0 && n <= PAM_MAX_NUM_MSG ? calloc((size_t)n, sizeof(*r)) : NULL;
	int ret = r ? PAM_SUCCESS : PAM_CONV_ERR;

	for (int i = 0; i < n && ret == PAM_SUCCESS; i++)
		ret = answer_one(talk, m[i], &r[i]);
	for (int i = 0; r && i < n && ret != PAM_SUCCESS; i++) {
		if (r[i].resp)
			kw_wipe(r[i].resp, strlen(r[i].resp));
		free(r[i].resp);
	}
	if (ret != PAM_SUCCESS) {
		free(r);
		return ret;
	}
	*out = r;
	return PAM_SUCCESS;
}

/* Who he is, and whether he may come now. */
static int judge(pam_handle_t *h, const struct question *q)
{
	int ret = pam_set_item(h, PAM_RHOST, q->from);

	if (ret == PAM_SUCCESS)
		ret = pam_set_item(h, PAM_RUSER, q->user);
	if (ret == PAM_SUCCESS)
		ret = pam_authenticate(h, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	if (ret == PAM_SUCCESS)
		ret = pam_acct_mgmt(h, PAM_SILENT);
	return ret;
}

static void ask_pam(const struct question *q, const char *confdir, struct env_pam_answer *is)
{
	struct talk t = { .q = q };
	const struct pam_conv conv = { converse, &t };
	pam_handle_t *h = NULL;
	const void *user = NULL;
	int ret = pam_start_confdir(q->service, q->user, &conv, confdir, &h);

	if (ret == PAM_SUCCESS)
		ret = judge(h, q);
	if (ret == PAM_SUCCESS)
		ret = pam_get_item(h, PAM_USER, &user);
	/* A name that does not fit would be somebody else's. */
	is->good = ret == PAM_SUCCESS && user && *(const char *)user && strlen(user) < sizeof(is->user);
	if (is->good)
		snprintf(is->user, sizeof(is->user), "%s", (const char *)user);
	else
		snprintf(is->why, sizeof(is->why), "%s", pam_strerror(h, ret));
	if (h)
		pam_end(h, ret);
}

static _Noreturn void judge_and_end(int fd, struct question *q, const char *confdir)
{
	struct answer a = { .number = q->number };

	/* As a module that waits for a program of its own expects it. */
	signal(SIGCHLD, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	alarm(PATIENCE_S);
	/* Nobody holds the socket open behind the end of the process between. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	ask_pam(q, confdir, &a.is);
	kw_wipe(q, sizeof(*q));
	if (send(fd, &a, sizeof(a), MSG_NOSIGNAL) != sizeof(a))
		_exit(1);
	_exit(0);
}

/* ---- the process between ---- */

static void wake(int signum)
{
	(void)signum;		/* recv() returns, and children are counted */
}

static void count_down(unsigned int *running)
{
	while (*running && waitpid(-1, NULL, WNOHANG) > 0)
		--*running;
}

/* Whatever fails here: no answer, and the daemon's patience ends. */
static void fork_for(int fd, struct question *q, const char *confdir, unsigned int *running)
{
	pid_t pid = *running < AT_ONCE ? fork() : -1;

	if (!pid)
		judge_and_end(fd, q, confdir);
	if (pid > 0)
		++*running;
}

static _Noreturn void serve(int fd, const char *confdir)
{
	const struct sigaction on_child = { .sa_handler = wake };	/* without SA_RESTART */
	unsigned int running = 0;
	struct question q;
	ssize_t n;

	/* Who stops a whole group of processes stops the daemon, which closes the socket. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGCHLD, &on_child, NULL);
	prctl(PR_SET_NAME, "keywayd-pam");
	if (dup3(fd, STDERR_FILENO + 1, O_CLOEXEC) < 0 && fd != STDERR_FILENO + 1)
		_exit(1);
	fd = STDERR_FILENO + 1;
	close_range((unsigned int)fd + 1, ~0u, 0);
	while ((n = recv(fd, &q, sizeof(q), 0)) != 0) {
		count_down(&running);
		if (n == sizeof(q))
			fork_for(fd, &q, confdir, &running);
		else if (n < 0 && errno != EINTR)
			break;
		kw_wipe(&q, sizeof(q));
	}
	_exit(0);
}

/* ---- the daemon ---- */

struct env_pam {
	struct list node;
	uint32_t number;
	void (*answered)(void *arg, const struct env_pam_answer *answer);
	void *arg;
};

void pam_process_start(struct pam_process *p, const char *confdir)
{
	int fds[2];

	*p = (struct pam_process){ .fd = -1 };
	list_init(&p->asked);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return;
	p->pid = fork();
	if (!p->pid) {
		close(fds[0]);
		serve(fds[1], confdir);
	}
	close(fds[1]);
	p->fd = fds[0];
	/* Should it ever hang, the daemon does not. */
	if (p->pid > 0 && !fcntl(p->fd, F_SETFL, O_NONBLOCK))
		return;
	close(p->fd);
	p->fd = -1;
}

static struct env_pam *find(const struct pam_process *p, uint32_t number)
{
	struct list *l;

	list_for_each(l, &p->asked)
		if (list_entry(l, struct env_pam, node)->number == number)
			return list_entry(l, struct env_pam, node);
	return NULL;
}

static void hang_up(struct pam_process *p)
{
	if (p->polled)
		uv_poll_stop(&p->poll);
	close(p->fd);
	p->fd = -1;
	log_error(NULL, "the process that asks PAM is gone: no user gets in by PAM until keywayd starts anew");
	while (!list_empty(&p->asked)) {
		struct env_pam *q = list_entry(p->asked.next, struct env_pam, node);

		q->answered(q->arg, NULL);
	}
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct pam_process *p = poll->data;
	struct env_pam *q;
	struct answer a;
	ssize_t n = recv(p->fd, &a, sizeof(a), 0);

	(void)status;
	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		hang_up(p);
		return;
	}
	a.is.user[sizeof(a.is.user) - 1] = '\0';
	a.is.why[sizeof(a.is.why) - 1] = '\0';
	q = n == sizeof(a) ? find(p, a.number) : NULL;
	if (q)
		q->answered(q->arg, &a.is);
}

void pam_process_attach(struct pam_process *p, uv_loop_t *loop)
{
	if (p->fd < 0 || uv_poll_init(loop, &p->poll, p->fd))
		return;
	p->poll.data = p;
	p->polled = true;
	uv_poll_start(&p->poll, UV_READABLE, on_readable);
}

void pam_process_stop(struct pam_process *p)
{
	if (p->polled)
		uv_close((uv_handle_t *)&p->poll, NULL);
	p->polled = false;
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

/* A stranger's word becomes a string. */
static bool put_word(char out[ENV_PAM_WORD], struct kw_span word)
{
	if (!env_pam_is_word(word))
		return false;
	memcpy(out, word.p, word.len);
	return true;
}

static bool send_question(struct pam_process *p, const struct env_pam_question *q, uint32_t number)
{
	struct question out = { .number = number };
	bool done;

	snprintf(out.service, sizeof(out.service), "%s", q->service);
	ip_addr_print(out.from, q->from);
	done = put_word(out.user, q->user) && put_word(out.password, q->password) &&
	       send(p->fd, &out, sizeof(out), MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof(out);
	kw_wipe(&out, sizeof(out));
	return done;
}

static struct env_pam *ask(void *ctx, const struct env_pam_question *q,
			   void (*answered)(void *arg, const struct env_pam_answer *answer), void *arg)
{
	struct pam_process *p = ctx;
	struct env_pam *made = p->fd >= 0 ? calloc(1, sizeof(*made)) : NULL;

	if (!made)
		return NULL;
	made->number = ++p->last;
	made->answered = answered;
	made->arg = arg;
	if (!send_question(p, q, made->number)) {
		free(made);
		return NULL;
	}
	list_add_tail(&p->asked, &made->node);
	return made;
}

static void drop(struct env_pam *q)
{
	list_del(&q->node);
	free(q);
}

const struct env_pam_ops pam_process_ops = { .ask = ask, .drop = drop };
