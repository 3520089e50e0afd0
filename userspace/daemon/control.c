// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket: clients, their requests one after the other, and the streams they asked for.
 *
 * A client is held by its open connection and by the request it waits for; it is freed when both are gone.
 */
#include "daemon/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/ctl_json.h"
#include "daemon/ctl_proto.h"
#include "lib/log.h"

#define CLIENTS_MAX	64
/* A subscriber that has this much to read has stopped reading. */
#define BACKLOG_MAX	(4 << 20)
/* How often followers of the log get what is new. */
#define LOG_MS		100
#define LOG_BATCH	32

struct control_client {
	struct list in_control;
	struct control *control;
	uv_pipe_t pipe;
	bool open;		/* the connection holds us */
	bool busy;		/* a request holds us */
	bool handling;		/* handle_input() is at work further up */
	bool has_id;
	int64_t id;		/* of that request */
	bool subscribed, follows_log;
	uint64_t log_seq;	/* last line it has */
	size_t have;		/* octets in in[] */
	char in[CTL_REQUEST_MAX];
};

/* Clients ------------------------------------------------------------------------------------ */

static void client_free_if_unheld(struct control_client *c)
{
	if (!c->open && !c->busy)
		free(c);
}

static void on_client_closed(uv_handle_t *handle)
{
	struct control_client *c = handle->data;

	c->open = false;
	client_free_if_unheld(c);
}

static void client_close(struct control_client *c)
{
	if (uv_is_closing((uv_handle_t *)&c->pipe))
		return;
	list_del(&c->in_control);
	c->control->n_clients--;
	if (c->control->gone)
		c->control->gone(c->control->ctx, c);
	uv_close((uv_handle_t *)&c->pipe, on_client_closed);
}

/* Writing ------------------------------------------------------------------------------------ */

struct output {
	uv_write_t uv;
	struct control_client *client;
	char *text;
};

static void on_written(uv_write_t *uv, int status)
{
	struct output *o = uv->data;

	if (status < 0)
		client_close(o->client);
	free(o->text);
	free(o);
}

/* One line; takes j, which may be NULL. */
static void client_send(struct control_client *c, json_t *j)
{
	struct output *o = calloc(1, sizeof(*o));
	char *text = j ? json_dumps(j, JSON_COMPACT) : NULL;
	size_t len = text ? strlen(text) : 0;
	uv_buf_t buf;

	json_decref(j);
	if (!o || !text) {
		log_error(NULL, "no memory to answer a control client");
		free(o);
		free(text);
		client_close(c);
		return;
	}
	text[len] = '\n';	/* in place of the NUL */
	*o = (struct output){ .client = c, .text = text };
	o->uv.data = o;
	buf = uv_buf_init(text, (unsigned int)len + 1);
	if (uv_write(&o->uv, (uv_stream_t *)&c->pipe, &buf, 1, on_written)) {
		free(text);
		free(o);
		client_close(c);
	}
}

static void client_stream(struct control_client *c, json_t *j)
{
	if (uv_stream_get_write_queue_size((uv_stream_t *)&c->pipe) > BACKLOG_MAX) {
		log_warn(NULL, "a control client does not read what it asked for: disconnected");
		json_decref(j);
		client_close(c);
		return;
	}
	client_send(c, j);
}

/* Requests ----------------------------------------------------------------------------------- */

static void handle_line(struct control_client *c, struct kw_span line)
{
	struct ctl_request req;
	char why[CTL_WHY];
	int err = ctl_request_parse(line, &req, why);

	c->busy = true;
	c->has_id = req.has_id;
	c->id = req.id;
	if (err)
		control_refuse(c, CTL_BAD_REQUEST, why, NULL);
	else
		c->control->request(c->control->ctx, c, &req);
}

/* Handles complete lines until one of them has to wait. */
static void handle_input(struct control_client *c)
{
	char *end;

	c->handling = true;
	while (!c->busy && !uv_is_closing((uv_handle_t *)&c->pipe)) {
		char line[CTL_REQUEST_MAX];
		size_t len;

		end = memchr(c->in, '\n', c->have);
		if (!end)
			break;
		len = (size_t)(end - c->in);
		memcpy(line, c->in, len);
		c->have -= len + 1;
		memmove(c->in, end + 1, c->have);
		handle_line(c, KW_SPAN(line, len));
	}
	c->handling = false;
	if (c->have == sizeof(c->in) && !c->busy) {
		log_warn(NULL, "a control client sent a line of more than %zu octets: disconnected", sizeof(c->in));
		client_close(c);
	}
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct control_client *c = handle->data;

	(void)suggested;
	*buf = uv_buf_init(c->in + c->have, (unsigned int)(sizeof(c->in) - c->have));
}

/* A client that waits for an answer is not read from: its requests stay in the socket. */
static void on_input(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct control_client *c = stream->data;

	(void)buf;
	if (n < 0) {
		client_close(c);
		return;
	}
	c->have += (size_t)n;
	handle_input(c);
	if (c->busy)
		uv_read_stop(stream);
}

static json_t *with_head(struct control_client *c, json_t *body, bool ok)
{
	json_t *head = json_pack("{s:b}", "ok", ok);

	if (head && c->has_id)
		json_object_set_new(head, "id", json_integer(c->id));
	if (head && body && json_object_update(head, body)) {
		json_decref(head);
		head = NULL;
	}
	json_decref(body);
	return head;
}

static void finish(struct control_client *c, json_t *answer)
{
	c->busy = false;
	if (!c->open || uv_is_closing((uv_handle_t *)&c->pipe)) {
		json_decref(answer);
		client_free_if_unheld(c);
		return;
	}
	client_send(c, answer);
	if (c->handling)
		return;
	handle_input(c);
	if (!c->busy && !uv_is_closing((uv_handle_t *)&c->pipe))
		uv_read_start((uv_stream_t *)&c->pipe, on_room, on_input);
}

void control_answer(struct control_client *client, json_t *body)
{
	if (!body) {
		control_refuse(client, CTL_INTERNAL, "no memory", NULL);
		return;
	}
	finish(client, with_head(client, body, true));
}

void control_refuse(struct control_client *client, const char *code, const char *error, json_t *body)
{
	json_t *j = body ? body : json_object();

	json_object_set_new(j, "code", json_string(code));
	json_object_set_new(j, "error", json_string(error));
	finish(client, with_head(client, j, false));
}

/* Streams ------------------------------------------------------------------------------------ */

void control_subscribe(struct control_client *client)
{
	client->subscribed = true;
}

void control_stream(struct control_client *client, json_t *event)
{
	client_stream(client, event);
}

void control_broadcast(struct control *control, json_t *event)
{
	struct list *pos, *tmp;

	list_for_each_safe(pos, tmp, &control->clients) {
		struct control_client *c = list_entry(pos, struct control_client, in_control);

		if (c->subscribed)
			client_stream(c, json_incref(event));
	}
	json_decref(event);
}

static void send_new_lines(struct control_client *c)
{
	static struct log_line line[LOG_BATCH];
	unsigned int i, n;

	do {
		n = log_ring_read(c->log_seq, line, LOG_BATCH);
		for (i = 0; i < n && !uv_is_closing((uv_handle_t *)&c->pipe); i++) {
			c->log_seq = line[i].seq;
			client_stream(c, ctl_json_log(&line[i]));
		}
	} while (n == LOG_BATCH && !uv_is_closing((uv_handle_t *)&c->pipe));
}

static void on_log_timer(uv_timer_t *timer)
{
	struct control *control = timer->data;
	struct list *pos, *tmp;
	bool any = false;

	list_for_each_safe(pos, tmp, &control->clients) {
		struct control_client *c = list_entry(pos, struct control_client, in_control);

		if (!c->follows_log)
			continue;
		any = true;
		send_new_lines(c);
	}
	if (!any)
		uv_timer_stop(timer);
}

void control_follow_log(struct control_client *client, uint64_t seq)
{
	client->follows_log = true;
	client->log_seq = seq;
	uv_timer_start(&client->control->log_timer, on_log_timer, LOG_MS, LOG_MS);
}

/* The listening socket ----------------------------------------------------------------------- */

static bool may_enter(uv_pipe_t *pipe)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	uv_os_fd_t fd;

	return !uv_fileno((uv_handle_t *)pipe, &fd) &&
	       !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct control *control = listener->data;
	struct control_client *c;

	if (status < 0)
		return;
	c = calloc(1, sizeof(*c));
	if (!c || uv_pipe_init(listener->loop, &c->pipe, 0)) {
		free(c);
		return;
	}
	c->control = control;
	c->pipe.data = c;
	c->open = true;
	list_add_tail(&control->clients, &c->in_control);
	control->n_clients++;
	if (uv_accept(listener, (uv_stream_t *)&c->pipe) || control->n_clients > CLIENTS_MAX ||
	    !may_enter(&c->pipe) || uv_read_start((uv_stream_t *)&c->pipe, on_room, on_input))
		client_close(c);
}

/* Does a daemon answer there? */
static bool is_alive(const struct sockaddr_un *sun)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool alive = fd >= 0 && !connect(fd, (const struct sockaddr *)sun, sizeof(*sun));

	if (fd >= 0)
		close(fd);
	return alive;
}

static void make_directory(const char *path)
{
	char dir[108];
	char *slash;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash && slash != dir) {
		*slash = '\0';
		mkdir(dir, 0755);	/* there already: fine; cannot be made: bind() will say so */
	}
}

/* A bound socket or -errno with a sentence. */
static int bind_socket(const char *path, char *why, size_t why_len)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct stat st;
	mode_t old;
	int fd, err;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		snprintf(why, why_len, "%s: longer than %zu characters", path, sizeof(sun.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	if (is_alive(&sun)) {
		snprintf(why, why_len,
			 "another keywayd answers at %s: stop it, or choose another socket with -s", path);
		return -EADDRINUSE;
	}
	make_directory(path);
	if (!lstat(path, &st) && S_ISSOCK(st.st_mode))
		unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	old = umask(0177);
	err = fd < 0 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) ? -errno : 0;
	umask(old);
	if (err) {
		snprintf(why, why_len, "control socket %s: %s", path, strerror(-err));
		if (fd >= 0)
			close(fd);
		return err;
	}
	return fd;
}

int control_open(struct control *control, uv_loop_t *loop, const char *path,
		 void (*request)(void *ctx, struct control_client *client, const struct ctl_request *req),
		 void *ctx, char *why, size_t why_len)
{
	int fd = bind_socket(path, why, why_len);
	int err;

	if (fd < 0)
		return fd;
	*control = (struct control){ .request = request, .ctx = ctx };
	snprintf(control->path, sizeof(control->path), "%s", path);
	list_init(&control->clients);
	uv_timer_init(loop, &control->log_timer);
	control->log_timer.data = control;
	uv_pipe_init(loop, &control->listener, 0);
	control->listener.data = control;
	err = uv_pipe_open(&control->listener, fd);
	if (err)
		close(fd);
	else
		err = uv_listen((uv_stream_t *)&control->listener, 16, on_connection);
	if (err) {
		snprintf(why, why_len, "control socket %s: %s", path, uv_strerror(err));
		control_close(control);
	}
	return err;
}

void control_close(struct control *control)
{
	struct list *pos, *tmp;

	if (!control->path[0])
		return;
	list_for_each_safe(pos, tmp, &control->clients)
		client_close(list_entry(pos, struct control_client, in_control));
	uv_close((uv_handle_t *)&control->log_timer, NULL);
	uv_close((uv_handle_t *)&control->listener, NULL);
	unlink(control->path);
	control->path[0] = '\0';
}
