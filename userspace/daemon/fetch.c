// SPDX-License-Identifier: GPL-2.0
/*
 * Documents by HTTP: libcurl on libuv's loop.
 *
 * Nothing but http, also where a server sends us on; no proxy, no compression, nothing kept between two documents.
 * Only name lookups run on a thread, of libcurl's own.
 *
 * RFC 9110, by libcurl.
 */
#include "daemon/fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/list.h"

#define AT_ONCE		16L	/* connections; what is more waits, and its time runs */
#define REDIRECTS_MAX	3L
#define HEADERS_MAX	65536u	/* octets, of all answers to one question */

struct fetcher {
	struct env_uv *env;
	CURLM *multi;
	uv_timer_t timer;
	struct list running;	/* struct fetch.node */
};

struct fetch {
	struct list node;
	struct env_fetch *req;
	CURL *easy;
	struct curl_slist *headers;
	uint8_t *body;
	size_t len, room, header_len;
	bool too_long, refused;
	char error[CURL_ERROR_SIZE];
};

/* A socket of libcurl's. */
struct watch {
	uv_poll_t poll;
	struct fetcher *f;
	curl_socket_t fd;
};

/* ---- one document ---- */

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct fetch *x = arg;
	size_t len = size * n;

	if (len > x->req->max - x->len) {
		x->too_long = true;
		return 0;
	}
	if (x->len + len > x->room) {
		size_t room = 2 * (x->len + len);
		uint8_t *more = realloc(x->body, room);

		if (!more)
			return 0;
		x->body = more;
		x->room = room;
	}
	memcpy(x->body + x->len, data, len);
	x->len += len;
	return len;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	struct fetch *x = arg;

	(void)data;
	x->header_len += size * n;
	if (x->header_len <= HEADERS_MAX)
		return size * n;
	x->too_long = true;
	return 0;
}

static void drop(struct fetch *x)
{
	curl_easy_cleanup(x->easy);
	curl_slist_free_all(x->headers);
	free(x->body);
	free(x);
}

static const char *reason(const struct fetch *x, CURLcode code, char text[160])
{
	long status = 0;

	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	if (x->refused)
		snprintf(text, 160, "it is not on port 80 of a public address");
	else if (x->too_long || code == CURLE_FILESIZE_EXCEEDED)
		snprintf(text, 160, "it is longer than %zu octets", x->req->max);
	else if (code == CURLE_OPERATION_TIMEDOUT)
		snprintf(text, 160, "it did not come within %u ms", x->req->timeout_ms);
	else if (code == CURLE_TOO_MANY_REDIRECTS)
		snprintf(text, 160, "the server sends us on more than %ld times", REDIRECTS_MAX);
	else if (code != CURLE_OK)
		snprintf(text, 160, "%s", x->error[0] ? x->error : curl_easy_strerror(code));
	else
		snprintf(text, 160, "the server says %ld", status);
	return text;
}

static void finish(struct fetcher *f, struct fetch *x, CURLcode code)
{
	struct env_fetch *req = x->req;
	long status = 0;
	char text[160];

	list_del(&x->node);
	curl_multi_remove_handle(f->multi, x->easy);
	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	f->env->pending--;
	if (code == CURLE_OK && status == 200)
		req->done(req, 0, KW_SPAN(x->body, x->len), "");
	else
		req->done(req, -EIO, KW_SPAN(NULL, 0), reason(x, code, text));
	drop(x);
}

/* Where the name led to: whoever gave us the URL may have the name point at what only we can reach. */
static curl_socket_t on_connect(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct fetch *x = arg;
	struct endpoint to;

	(void)purpose;
	if (endpoint_from_sockaddr(&to, &a->addr) || to.port != 80 || !ip_addr_is_public(&to.addr)) {
		x->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static bool set_reach(CURL *c, const struct fetch *x)
{
	if (curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, x->req->direct ? 0L : 1L) ||
	    curl_easy_setopt(c, CURLOPT_MAXREDIRS, REDIRECTS_MAX))
		return false;
	return !x->req->public_only || (!curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_connect) &&
					!curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, x));
}

static bool set_up(struct fetch *x)
{
	struct env_fetch *req = x->req;
	CURL *c = x->easy;
	char type[120];
	bool ok;

	ok = !curl_easy_setopt(c, CURLOPT_PRIVATE, x) && !curl_easy_setopt(c, CURLOPT_ERRORBUFFER, x->error) &&
	     !curl_easy_setopt(c, CURLOPT_URL, req->url) && !curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http") &&
	     !curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http") &&
	     set_reach(c, x) && !curl_easy_setopt(c, CURLOPT_PROXY, "") &&
	     !curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
	     !curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	     !curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)req->timeout_ms) &&
	     !curl_easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)req->max) &&
	     !curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body) && !curl_easy_setopt(c, CURLOPT_WRITEDATA, x) &&
	     !curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header) &&
	     !curl_easy_setopt(c, CURLOPT_HEADERDATA, x) && !curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) &&
	     !curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L) && !curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L) &&
	     !curl_easy_setopt(c, CURLOPT_USERAGENT, "keywayd");
	if (!ok || !req->post.len)
		return ok;
	snprintf(type, sizeof(type), "Content-Type: %s", req->post_type);
	x->headers = curl_slist_append(NULL, type);
	return x->headers && !curl_easy_setopt(c, CURLOPT_HTTPHEADER, x->headers) &&
	       !curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)req->post.len) &&
	       !curl_easy_setopt(c, CURLOPT_POSTFIELDS, req->post.p);
}

static int fetch(void *ctx, struct env_fetch *req)
{
	struct fetcher *f = ctx;
	struct fetch *x = calloc(1, sizeof(*x));

	if (!x)
		return -ENOMEM;
	x->req = req;
	x->easy = curl_easy_init();
	if (!x->easy || !set_up(x) || curl_multi_add_handle(f->multi, x->easy)) {
		drop(x);
		return -ENOMEM;
	}
	list_add_tail(&f->running, &x->node);
	f->env->pending++;
	return 0;
}

const struct env_fetch_ops fetcher_ops = { .fetch = fetch };

/* ---- libcurl on the loop ---- */

static void look_for_ends(struct fetcher *f)
{
	struct CURLMsg *m;
	struct fetch *x;
	int left;

	while ((m = curl_multi_info_read(f->multi, &left))) {
		CURLcode code = m->data.result;

		/* m does not outlive what finish() does. */
		if (m->msg == CURLMSG_DONE && !curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &x))
			finish(f, x, code);
	}
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	struct fetcher *f = w->f;
	int what = 0, running;

	if (status < 0)
		what = CURL_CSELECT_ERR;
	if (events & UV_READABLE)
		what |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		what |= CURL_CSELECT_OUT;
	curl_multi_socket_action(f->multi, w->fd, what, &running);
	look_for_ends(f);
}

static void on_watch_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct fetcher *f = arg;
	struct watch *w = socket_arg;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w)
			uv_close((uv_handle_t *)&w->poll, on_watch_closed);
		curl_multi_assign(f->multi, fd, NULL);
		return 0;
	}
	if (!w) {
		w = calloc(1, sizeof(*w));
		if (!w || uv_poll_init_socket(f->env->loop, &w->poll, fd)) {
			free(w);
			return -1;
		}
		w->f = f;
		w->fd = fd;
		w->poll.data = w;
		curl_multi_assign(f->multi, fd, w);
	}
	if (what & CURL_POLL_IN)
		events |= UV_READABLE;
	if (what & CURL_POLL_OUT)
		events |= UV_WRITABLE;
	return uv_poll_start(&w->poll, events, on_ready) ? -1 : 0;
}

static void on_timer(uv_timer_t *timer)
{
	struct fetcher *f = timer->data;
	int running;

	curl_multi_socket_action(f->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	look_for_ends(f);
}

/* Never at once: libcurl is still in the middle of something when it asks. */
static int on_timeout_wanted(CURLM *multi, long ms, void *arg)
{
	struct fetcher *f = arg;

	(void)multi;
	if (ms < 0)
		return uv_timer_stop(&f->timer);
	uv_update_time(f->env->loop);
	return uv_timer_start(&f->timer, on_timer, ms ? (uint64_t)ms : 1, 0);
}

int fetcher_new(struct fetcher **out, struct env_uv *env)
{
	struct fetcher *f = calloc(1, sizeof(*f));

	if (!f || curl_global_init(CURL_GLOBAL_NOTHING)) {
		free(f);
		return -ENOMEM;
	}
	f->env = env;
	list_init(&f->running);
	f->multi = curl_multi_init();
	if (!f->multi || curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, on_socket) ||
	    curl_multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f) ||
	    curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, on_timeout_wanted) ||
	    curl_multi_setopt(f->multi, CURLMOPT_TIMERDATA, f) ||
	    curl_multi_setopt(f->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, AT_ONCE) ||
	    uv_timer_init(env->loop, &f->timer)) {
		curl_multi_cleanup(f->multi);
		free(f);
		return -ENOMEM;
	}
	f->timer.data = f;
	*out = f;
	return 0;
}

static void on_fetcher_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void fetcher_free(struct fetcher *f)
{
	if (!f)
		return;
	while (!list_empty(&f->running)) {
		struct fetch *x = list_entry(f->running.next, struct fetch, node);
		struct env_fetch *req = x->req;

		list_del(&x->node);
		curl_multi_remove_handle(f->multi, x->easy);
		f->env->pending--;
		req->done(req, -ECANCELED, KW_SPAN(NULL, 0), "the daemon is stopping");
		drop(x);
	}
	curl_multi_cleanup(f->multi);
	curl_global_cleanup();
	uv_close((uv_handle_t *)&f->timer, on_fetcher_closed);
}
