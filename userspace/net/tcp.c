// SPDX-License-Identifier: GPL-2.0
/*
 * TCP streams of IKE and ESP.
 *
 * Limits: STREAMS_MAX accepted ones that no SA has, FROM_MAX of them from one address; PREFIX_MS for the first
 * whole frame, IDLE_MS of silence later; octets that wait to be written. A stream that the kernel has is limited
 * by the SA on it.
 *
 * RFCs: 9329 §3, §4, §6.1 (who connects, who closes), §10.
 */
#include "net/tcp.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/list.h"
#include "lib/log.h"
#include "lib/map.h"
#include "net/stream.h"

#define STREAMS_MAX	1024u
#define FROM_MAX	64u
#define PREFIX_MS	10000u
#define IDLE_MS		180000u
#define UNSENT_MAX	(256u << 10)
#define BACKLOG		128
#define READ_LEN	16384u
#define TAKE_MAX	60000u	/* octets read already that the kernel takes along */
/* The side that connected closes first, so that the other has no port in TIME-WAIT (RFC 9329 §6.1). */
#define LINGER_OURS_MS	1500u
#define LINGER_THEIRS_MS 10000u

/* A handle lives until the loop has closed it, longer than its stream where the kernel takes that. */
struct handle {
	uv_tcp_t uv;
	uv_connect_t connect;
	struct tcp_stream *stream;	/* NULL: only waits to be closed */
};

struct tcp_stream {
	struct tcp *tcp;
	struct list node;
	struct map_node by_ends;
	struct endpoint local, remote;
	struct handle *handle;		/* NULL: the kernel has it */
	uint32_t id;			/* there */
	uv_timer_t *timer;
	bool ours;			/* we connected */
	bool known;			/* in the map, counted */
	bool heard;			/* a whole frame came */
	bool leaving;			/* tcp_close() was called */
	struct stream in;
	unsigned int held;		/* by callers up the stack: freed by the last */
};

struct tcp {
	uv_loop_t *loop;
	const struct tcp_ops *ops;
	void *ctx;
	char link[IFNAMSIZ];		/* "" = any */
	uv_tcp_t *listener[2];
	struct list streams;
	struct map by_ends;
	unsigned int n_accepted;	/* that the kernel does not have */
	char buf[READ_LEN];
};

struct written {
	uv_write_t req;
	uint8_t bytes[];
};

/* ---- names ---- */

#define KEY_LEN (2 * (1 + 16 + 2))

static struct kw_span ends_key(uint8_t buf[KEY_LEN], const struct endpoint *local, const struct endpoint *remote)
{
	const struct endpoint *end[] = { local, remote };
	struct kw_writer w = kw_writer(buf, KEY_LEN);

	for (unsigned int i = 0; i < 2; i++) {
		kw_put_u8(&w, end[i]->addr.family);
		kw_put_span(&w, KW_SPAN(end[i]->addr.b, ip_addr_len(&end[i]->addr)));
		kw_put_be16(&w, end[i]->port);
	}
	return kw_written(&w);
}

static struct tcp_stream *find(const struct tcp *tcp, const struct endpoint *local,
			       const struct endpoint *remote)
{
	uint8_t buf[KEY_LEN];
	struct map_node *n;

	for (n = map_first(&tcp->by_ends, ends_key(buf, local, remote)); n; n = map_next(n)) {
		struct tcp_stream *t = container_of(n, struct tcp_stream, by_ends);

		if (endpoint_equal(&t->local, local) && endpoint_equal(&t->remote, remote))
			return t;
	}
	return NULL;
}

static struct tcp_stream *find_id(const struct tcp *tcp, uint32_t id)
{
	struct list *l;

	list_for_each(l, &tcp->streams) {
		struct tcp_stream *t = list_entry(l, struct tcp_stream, node);

		if (!t->handle && t->id == id)
			return t;
	}
	return NULL;
}

/* ---- the end of one ---- */

static void on_handle_closed(uv_handle_t *uv)
{
	free(uv->data);
}

static void close_handle(struct handle *h)
{
	h->stream = NULL;
	h->uv.data = h;
	uv_close((uv_handle_t *)&h->uv, on_handle_closed);
}

static bool counts(const struct tcp_stream *t)
{
	return t->known && !t->ours && t->handle;
}

/* Out of all tables. The memory waits for callers up the stack. */
static void forget(struct tcp_stream *t)
{
	if (counts(t))
		t->tcp->n_accepted--;
	if (t->known)
		map_del(&t->tcp->by_ends, &t->by_ends);
	t->known = false;
	list_del(&t->node);
	if (t->timer) {
		t->timer->data = t->timer;
		uv_close((uv_handle_t *)t->timer, on_handle_closed);
		t->timer = NULL;
	}
	if (t->handle)
		close_handle(t->handle);
	t->handle = NULL;
}

static void hold(struct tcp_stream *t)
{
	t->held++;
}

static void let_go(struct tcp_stream *t)
{
	if (--t->held)
		return;
	stream_free(&t->in);
	free(t);
}

static void end(struct tcp_stream *t)
{
	if (!t->known && list_empty(&t->node))
		return;
	forget(t);
	let_go(t);		/* held by new_stream() */
}

/* It ended by itself, or by the peer. */
static void ended(struct tcp_stream *t, int err)
{
	struct tcp *tcp = t->tcp;
	struct endpoint local = t->local, remote = t->remote;
	bool tell = t->known && !t->leaving;

	end(t);
	if (tell)
		tcp->ops->closed(tcp->ctx, &local, &remote, err);
}

/* ---- time ---- */

static void on_timer(uv_timer_t *timer)
{
	struct tcp_stream *t = timer->data;

	if (t->leaving) {
		if (!t->handle)
			t->tcp->ops->drop(t->tcp->ctx, t->id);
		end(t);
	} else {
		ended(t, -ETIMEDOUT);
	}
}

static void wait_for(struct tcp_stream *t, uint64_t ms)
{
	uv_update_time(t->tcp->loop);
	uv_timer_start(t->timer, on_timer, ms, 0);
}

/* ---- making one ---- */

/* The handle's socket, before it is bound or connects. */
static int open_socket(const struct tcp *tcp, uv_tcp_t *uv, uint8_t family)
{
	const char *link = tcp->link;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (link[0] && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, link, (socklen_t)strlen(link)))
		err = -errno;
	if (!err)
		err = uv_tcp_open(uv, fd);
	if (err)
		close(fd);
	return err;
}

static struct tcp_stream *new_stream(struct tcp *tcp, bool ours)
{
	struct tcp_stream *t = calloc(1, sizeof(*t));
	struct handle *h = calloc(1, sizeof(*h));
	uv_timer_t *timer = calloc(1, sizeof(*timer));

	if (!t || !h || !timer || uv_tcp_init(tcp->loop, &h->uv)) {
		free(t);
		free(h);
		free(timer);
		return NULL;
	}
	t->tcp = tcp;
	t->ours = ours;
	t->held = 1;
	t->handle = h;
	h->stream = t;
	h->uv.data = h;
	uv_timer_init(tcp->loop, timer);
	timer->data = t;
	t->timer = timer;
	stream_init(&t->in, !ours);
	list_add_tail(&tcp->streams, &t->node);
	return t;
}

static int read_ends(struct tcp_stream *t, bool both)
{
	struct sockaddr_storage ss = { 0 };
	int len = sizeof(ss), err;

	err = uv_tcp_getsockname(&t->handle->uv, (struct sockaddr *)&ss, &len);
	if (!err)
		err = endpoint_from_sockaddr(&t->local, (struct sockaddr *)&ss);
	len = sizeof(ss);
	if (!err && both)
		err = uv_tcp_getpeername(&t->handle->uv, (struct sockaddr *)&ss, &len);
	if (!err && both)
		err = endpoint_from_sockaddr(&t->remote, (struct sockaddr *)&ss);
	return err;
}

/* Its ends are known: so is the stream. */
static void make_known(struct tcp_stream *t)
{
	uint8_t buf[KEY_LEN];

	map_add(&t->tcp->by_ends, &t->by_ends, ends_key(buf, &t->local, &t->remote));
	t->known = true;
	if (counts(t))
		t->tcp->n_accepted++;
	/* What is written is whole messages, and waits for an answer. */
	uv_tcp_nodelay(&t->handle->uv, 1);
}

/* ---- reading ---- */

/* Frames that have arrived, as long as the stream is ours to read. t is held. */
static void read_frames(struct tcp_stream *t)
{
	struct kw_span ike;

	while (t->known && t->handle) {
		switch (stream_next(&t->in, &ike)) {
		case STREAM_MORE:
			return;
		case STREAM_ESP:
			/* The kernel takes the stream before it has an SA for any. */
			break;
		case STREAM_BROKEN:
			ended(t, -EPROTO);
			return;
		case STREAM_IKE:
			t->heard = true;
			if (!t->leaving)
				wait_for(t, IDLE_MS);
			t->tcp->ops->input(t->tcp->ctx, &t->local, &t->remote, ike);
			break;
		}
	}
}

static void on_room(uv_handle_t *uv, size_t size, uv_buf_t *buf)
{
	struct handle *h = uv->data;

	(void)size;
	*buf = h->stream ? uv_buf_init(h->stream->tcp->buf, READ_LEN) : uv_buf_init(NULL, 0);
}

static void on_read(uv_stream_t *uv, ssize_t n, const uv_buf_t *buf)
{
	struct handle *h = uv->data;
	struct tcp_stream *t = h->stream;

	if (!t || !n)
		return;
	hold(t);
	if (n < 0)
		ended(t, n == UV_EOF ? 0 : (int)n);
	else if (stream_put(&t->in, KW_SPAN(buf->base, (size_t)n)))
		ended(t, -ENOMEM);
	else
		read_frames(t);
	let_go(t);
}

/* ---- writing ---- */

static void on_written(uv_write_t *req, int status)
{
	(void)status;	/* an error is read, too */
	free(container_of(req, struct written, req));
}

static int write_bytes(struct tcp_stream *t, struct kw_span head, struct kw_span body)
{
	struct written *w = malloc(sizeof(*w) + head.len + body.len);
	uv_buf_t buf;
	int err;

	if (!w)
		return -ENOMEM;
	memcpy(w->bytes, head.p, head.len);
	if (body.len)
		memcpy(w->bytes + head.len, body.p, body.len);
	buf = uv_buf_init((char *)w->bytes, (unsigned int)(head.len + body.len));
	err = uv_write(&w->req, (uv_stream_t *)&t->handle->uv, &buf, 1, on_written);
	if (err)
		free(w);
	return err;
}

int tcp_send(struct tcp *tcp, const struct endpoint *local, const struct endpoint *remote, struct kw_span ike)
{
	struct tcp_stream *t = find(tcp, local, remote);
	size_t len = STREAM_HEAD_LEN + ike.len;
	uint8_t head[STREAM_HEAD_LEN] = { (uint8_t)(len >> 8), (uint8_t)len };

	if (!t)
		return -ENOTCONN;
	if (ike.len > STREAM_IKE_MAX)
		return -EMSGSIZE;
	if (!t->handle)
		return tcp->ops->send(tcp->ctx, t->id, ike);
	if (uv_stream_get_write_queue_size((uv_stream_t *)&t->handle->uv) > UNSENT_MAX)
		return -ENOBUFS;
	return write_bytes(t, KW_SPAN(head, sizeof(head)), ike);
}

/* ---- connecting ---- */

static void on_connected(uv_connect_t *req, int status)
{
	struct handle *h = req->handle->data;
	struct tcp_stream *t = h->stream;

	if (!t)
		return;
	if (status) {
		ended(t, status);
		return;
	}
	uv_read_start((uv_stream_t *)&h->uv, on_room, on_read);
	if (!t->leaving)
		wait_for(t, IDLE_MS);
}

static int bind_to(struct tcp_stream *t, const struct ip_addr *local)
{
	const struct endpoint from = { .addr = *local };
	struct sockaddr_storage ss;

	if (!ip_addr_is_set(local) || ip_addr_is_any(local))
		return 0;
	endpoint_to_sockaddr(&from, &ss);
	return uv_tcp_bind(&t->handle->uv, (struct sockaddr *)&ss, 0);
}

int tcp_open(struct tcp *tcp, struct endpoint *local, const struct endpoint *remote)
{
	struct tcp_stream *t = new_stream(tcp, true);
	struct sockaddr_storage ss;
	int err;

	if (!t)
		return -ENOMEM;
	t->remote = *remote;
	endpoint_to_sockaddr(remote, &ss);
	err = open_socket(tcp, &t->handle->uv, remote->addr.family);
	if (!err)
		err = bind_to(t, &local->addr);
	if (!err)
		err = uv_tcp_connect(&t->handle->connect, &t->handle->uv, (struct sockaddr *)&ss, on_connected);
	/* The kernel has chosen our end when connect() returns, although nobody has answered. */
	if (!err)
		err = read_ends(t, false);
	if (!err)
		err = write_bytes(t, KW_SPAN_STR(STREAM_PREFIX), KW_SPAN(NULL, 0));
	if (err) {
		end(t);
		return err;
	}
	make_known(t);
	wait_for(t, PREFIX_MS);
	*local = t->local;
	return 0;
}

/* ---- accepting ---- */

static bool may_accept(const struct tcp *tcp, const struct ip_addr *from)
{
	unsigned int n = 0;
	struct list *l;

	if (tcp->n_accepted >= STREAMS_MAX)
		return false;
	list_for_each(l, &tcp->streams) {
		const struct tcp_stream *t = list_entry(l, struct tcp_stream, node);

		n += counts(t) && ip_addr_equal(&t->remote.addr, from);
	}
	return n < FROM_MAX;
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct tcp *tcp = listener->data;
	struct tcp_stream *t;

	if (status)
		return;
	t = new_stream(tcp, false);
	if (!t)
		return;
	if (uv_accept(listener, (uv_stream_t *)&t->handle->uv) || read_ends(t, true) ||
	    !may_accept(tcp, &t->remote.addr)) {
		end(t);
		return;
	}
	make_known(t);
	wait_for(t, PREFIX_MS);
	uv_read_start((uv_stream_t *)&t->handle->uv, on_room, on_read);
}

static void say_why(char why[TCP_WHY], uint16_t port, const char *link, int err)
{
	if (err == -EADDRINUSE)
		snprintf(why, TCP_WHY, "TCP port %u is in use: is another IKE daemon running? (ss -tlnp shows it)",
			 port);
	else if (err == -ENODEV && link[0])
		snprintf(why, TCP_WHY, "link %s: there is no such interface or VRF", link);
	else
		snprintf(why, TCP_WHY, "TCP port %u: %s", port, strerror(-err));
}

static int listen_at(struct tcp *tcp, unsigned int i, uint16_t port)
{
	const struct endpoint any = { .addr = { .family = i ? AF_INET6 : AF_INET }, .port = port };
	uv_tcp_t *l = calloc(1, sizeof(*l));
	struct sockaddr_storage ss;
	int err;

	if (!l)
		return -ENOMEM;
	err = uv_tcp_init(tcp->loop, l);
	if (err) {
		free(l);
		return err;
	}
	l->data = tcp;
	tcp->listener[i] = l;
	endpoint_to_sockaddr(&any, &ss);
	err = open_socket(tcp, l, any.addr.family);
	if (!err)
		err = uv_tcp_bind(l, (struct sockaddr *)&ss, i ? UV_TCP_IPV6ONLY : 0);
	return err ? err : uv_listen((uv_stream_t *)l, BACKLOG, on_connection);
}

static void stop_listening(struct tcp *tcp)
{
	for (unsigned int i = 0; i < 2; i++) {
		uv_tcp_t *l = tcp->listener[i];

		tcp->listener[i] = NULL;
		if (!l)
			continue;
		l->data = l;
		uv_close((uv_handle_t *)l, on_handle_closed);
	}
}

int tcp_listen(struct tcp *tcp, uint16_t port, char why[TCP_WHY])
{
	for (unsigned int i = 0; i < 2; i++) {
		int err = listen_at(tcp, i, port);

		/* A machine without IPv6 serves IPv4. */
		if (i && (err == -EAFNOSUPPORT || err == -EADDRNOTAVAIL))
			err = 0;
		if (err) {
			say_why(why, port, tcp->link, err);
			stop_listening(tcp);
			return err;
		}
	}
	return 0;
}

/* ---- the kernel's ---- */

int tcp_take(struct tcp *tcp, const struct endpoint *local, const struct endpoint *remote, uint32_t *id,
	     char why[TCP_WHY])
{
	struct tcp_stream *t = find(tcp, local, remote);
	uv_os_fd_t fd;
	int err;

	if (!t) {
		snprintf(why, TCP_WHY, "the TCP stream has ended");
		return -ENOTCONN;
	}
	if (t->handle) {
		/* The kernel would write between the parts of a message. */
		if (uv_stream_get_write_queue_size((uv_stream_t *)&t->handle->uv)) {
			snprintf(why, TCP_WHY, "the TCP stream does not take what is written to it");
			return -EBUSY;
		}
		err = stream_rest(&t->in).len > TAKE_MAX ? -EMSGSIZE :
							   uv_fileno((uv_handle_t *)&t->handle->uv, &fd);
		if (!err)
			err = tcp->ops->take(tcp->ctx, fd, stream_rest(&t->in), &t->id, why);
		if (err)
			return err;
		if (counts(t))
			tcp->n_accepted--;
		uv_timer_stop(t->timer);
		close_handle(t->handle);
		t->handle = NULL;
	}
	*id = t->id;
	return 0;
}

void tcp_kernel_heard(struct tcp *tcp, uint32_t id, struct kw_span ike)
{
	struct tcp_stream *t = find_id(tcp, id);

	if (t)
		tcp->ops->input(tcp->ctx, &t->local, &t->remote, ike);
}

void tcp_kernel_ended(struct tcp *tcp, uint32_t id, int err)
{
	struct tcp_stream *t = find_id(tcp, id);

	if (t)
		ended(t, err);
}

/* ---- the whole ---- */

void tcp_close(struct tcp *tcp, const struct endpoint *local, const struct endpoint *remote)
{
	struct tcp_stream *t = find(tcp, local, remote);

	if (!t || t->leaving)
		return;
	t->leaving = true;
	wait_for(t, t->ours ? LINGER_OURS_MS : LINGER_THEIRS_MS);
}

struct tcp *tcp_new(uv_loop_t *loop, const struct tcp_ops *ops, void *ctx, const char *link)
{
	struct tcp *tcp = calloc(1, sizeof(*tcp));

	if (!tcp)
		return NULL;
	if (map_init(&tcp->by_ends)) {
		free(tcp);
		return NULL;
	}
	tcp->loop = loop;
	tcp->ops = ops;
	tcp->ctx = ctx;
	snprintf(tcp->link, sizeof(tcp->link), "%s", link);
	list_init(&tcp->streams);
	return tcp;
}

void tcp_shutdown(struct tcp *tcp)
{
	struct list *l, *tmp;

	if (!tcp)
		return;
	stop_listening(tcp);
	list_for_each_safe(l, tmp, &tcp->streams) {
		struct tcp_stream *t = list_entry(l, struct tcp_stream, node);

		if (!t->handle)
			tcp->ops->drop(tcp->ctx, t->id);
		end(t);
	}
}

void tcp_free(struct tcp *tcp)
{
	if (!tcp)
		return;
	map_free(&tcp->by_ends);
	free(tcp);
}
