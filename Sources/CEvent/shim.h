// libevent defines _GNU_SOURCE, which gives fd_set other members than in the modules of Swift's own libraries. Included
// first, the header settles them.
#include <sys/select.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/eventfd.h>

// What is a macro, or an enumeration that Swift would see as another type, stands here as a function.

static inline int cevent_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

static inline int cevent_buffer_options(void) { return BEV_OPT_CLOSE_ON_FREE; }

static inline struct bufferevent *cevent_accept_tls(struct event_base *base, int descriptor, SSL *ssl) {
  return bufferevent_openssl_socket_new(base, descriptor, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
}

// TLS 1.2 or later; buffers of idle connections are given back; no renegotiation, which costs a server much and a
// client little.
static inline int cevent_harden(SSL_CTX *context) {
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}
