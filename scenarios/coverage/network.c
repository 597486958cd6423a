/* Ways to reach somebody, and to be reached. Everything stays on the loopback device. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "compat.h"
#include "place.h"
#include "uring.h"

#define BACKLOG 8

/* Held by the process that reports, while an operation lasts. */
static int listener = -1;
static int peer = -1;
static uint16_t port;

static void release_sockets(void) {
    close(listener);
    close(peer);
    listener = peer = -1;
}

static struct sockaddr_in destination_of(const struct operation *operation) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, operation->address, &to.sin_addr);
    return to;
}

/* On any address, but over the loopback device only. */
static bool serve(struct operation *operation, int family, int type) {
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
    const struct sockaddr *at = family == AF_INET ? (struct sockaddr *)&any : (struct sockaddr *)&any6;
    socklen_t length = family == AF_INET ? sizeof(any) : sizeof(any6);
    struct sockaddr_in6 bound;
    socklen_t room = sizeof(bound);
    listener = socket(family, type | SOCK_CLOEXEC, 0);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_BINDTODEVICE, "lo", sizeof("lo")) != 0 ||
        bind(listener, at, length) != 0 || (type == SOCK_STREAM && listen(listener, BACKLOG) != 0) ||
        getsockname(listener, (struct sockaddr *)&bound, &room) != 0)
        return could_not(operation, family == AF_INET ? "an IPv4 server" : "an IPv6 server");
    /* It lies at the same place in both. */
    port = ntohs(bound.sin6_port);
    return true;
}

static bool serve_tcp(struct operation *operation) {
    names_object(operation, operation->address);
    return serve(operation, AF_INET, SOCK_STREAM);
}

static bool serve_udp(struct operation *operation) {
    names_object(operation, operation->address);
    return serve(operation, AF_INET, SOCK_DGRAM);
}

static bool connect_by(struct operation *operation, int type) {
    const struct sockaddr_in to = destination_of(operation);
    const int own = socket(AF_INET, type, 0);
    if (own < 0)
        return could_not(operation, "socket");
    if (connect(own, (const struct sockaddr *)&to, sizeof(to)) == 0 || errno == EINPROGRESS)
        return true;
    return could_not(operation, "connect");
}

static bool by_tcp(struct operation *operation) { return connect_by(operation, SOCK_STREAM); }
static bool by_udp(struct operation *operation) { return connect_by(operation, SOCK_DGRAM); }
static bool without_blocking(struct operation *operation) {
    return connect_by(operation, SOCK_STREAM | SOCK_NONBLOCK);
}

static bool send_by(struct operation *operation, int type, int flags) {
    const struct sockaddr_in to = destination_of(operation);
    const int own = socket(AF_INET, type, 0);
    if (own < 0)
        return could_not(operation, "socket");
    return sendto(own, "x", 1, flags, (const struct sockaddr *)&to, sizeof(to)) == 1 ||
           could_not(operation, flags == MSG_FASTOPEN ? "sendto(MSG_FASTOPEN)" : "sendto");
}

static bool by_fast_open(struct operation *operation) {
    return send_by(operation, SOCK_STREAM, MSG_FASTOPEN);
}
static bool by_sendto(struct operation *operation) { return send_by(operation, SOCK_DGRAM, 0); }

static bool by_uring(struct operation *operation) {
    const struct sockaddr_in to = destination_of(operation);
    struct io_uring_sqe request = {.opcode = IORING_OP_CONNECT, .addr = (uintptr_t)&to, .off = sizeof(to)};
    request.fd = socket(AF_INET, SOCK_STREAM, 0);
    if (request.fd < 0)
        return could_not(operation, "socket");
    struct uring ring;
    int result = 0;
    if (!uring_open(operation, &ring, BY_CALLER) || !uring_do(operation, &ring, &request, &result))
        return false;
    errno = -result;
    return result == 0 || could_not(operation, "IORING_OP_CONNECT");
}

static bool by_compat_call(struct operation *operation) {
    struct sockaddr_in *to = compat_memory(operation);
    if (to == NULL)
        return false;
    *to = destination_of(operation);
    const long own = compat_call(operation, COMPAT_SOCKET, AF_INET, SOCK_STREAM, 0, 0);
    if (own < 0)
        return could_not(operation, "socket by int 0x80");
    return compat_call(operation, COMPAT_CONNECT, (unsigned long)own, (uintptr_t)to, sizeof(*to), 0) == 0 ||
           could_not(operation, "connect by int 0x80");
}

static bool serve_untouched(struct operation *operation) {
    if (!serve_tcp(operation))
        return false;
    const struct sockaddr_in to = destination_of(operation);
    return untouched_prepare(operation, &to, sizeof(to));
}

static bool to_untouched_address(struct operation *operation) {
    const void *to = untouched_map(operation);
    const int own = to == NULL ? -1 : socket(AF_INET, SOCK_STREAM, 0);
    return (own >= 0 && connect(own, to, sizeof(struct sockaddr_in)) == 0) || could_not(operation, "connect");
}

static void release_untouched(void) {
    release_sockets();
    untouched_release();
}

/* The loopback device has one address of IPv6: the port tells the operations apart. */
static bool serve_ipv6(struct operation *operation) {
    char text[8];
    if (!serve(operation, AF_INET6, SOCK_STREAM))
        return false;
    snprintf(text, sizeof(text), "%u", port);
    names_objects(operation, "::1", text);
    return true;
}

static bool connect_ipv6(struct operation *operation, const struct in6_addr *address) {
    const struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = *address};
    const int own = socket(AF_INET6, SOCK_STREAM, 0);
    return (own >= 0 && connect(own, (const struct sockaddr *)&to, sizeof(to)) == 0) ||
           could_not(operation, "connect");
}

static bool by_ipv6(struct operation *operation) { return connect_ipv6(operation, &in6addr_loopback); }

static bool by_mapped_address(struct operation *operation) {
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    snprintf(text, sizeof(text), "::ffff:%s", operation->address);
    inet_pton(AF_INET6, text, &address);
    return connect_ipv6(operation, &address);
}

static bool unix_address(struct operation *operation, struct sockaddr_un *at) {
    *at = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(operation->path) >= sizeof(at->sun_path))
        return cannot(operation, "the run's directory has too long a path for a Unix socket");
    strcpy(at->sun_path, operation->path);
    return true;
}

static bool serve_unix(struct operation *operation) {
    struct sockaddr_un at;
    names_object(operation, operation->path);
    if (!unix_address(operation, &at))
        return false;
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return (listener >= 0 && bind(listener, (struct sockaddr *)&at, sizeof(at)) == 0 &&
            listen(listener, BACKLOG) == 0) ||
           could_not(operation, "a Unix server");
}

static bool by_unix(struct operation *operation) {
    struct sockaddr_un at;
    if (!unix_address(operation, &at))
        return false;
    const int own = socket(AF_UNIX, SOCK_STREAM, 0);
    return (own >= 0 && connect(own, (struct sockaddr *)&at, sizeof(at)) == 0) ||
           could_not(operation, "connect");
}

static bool by_raw_socket(struct operation *operation) {
    return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0 || could_not(operation, "socket(SOCK_RAW)");
}

static bool by_packet_socket(struct operation *operation) {
    return socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)) >= 0 || could_not(operation, "socket(AF_PACKET)");
}

static bool prepare_address(struct operation *operation) {
    port = 0;
    names_object(operation, operation->address);
    return true;
}

static bool by_listen(struct operation *operation) {
    const struct sockaddr_in at = destination_of(operation);
    const int own = socket(AF_INET, SOCK_STREAM, 0);
    return (own >= 0 && bind(own, (const struct sockaddr *)&at, sizeof(at)) == 0 &&
            listen(own, BACKLOG) == 0) ||
           could_not(operation, "bind and listen");
}

/* Somebody waits to be let in. */
static bool prepare_accept(struct operation *operation) {
    if (!serve_tcp(operation))
        return false;
    const struct sockaddr_in to = destination_of(operation);
    peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return (peer >= 0 && connect(peer, (const struct sockaddr *)&to, sizeof(to)) == 0) ||
           could_not(operation, "connect");
}

static bool by_accept(struct operation *operation) {
    return accept4(listener, NULL, NULL, SOCK_CLOEXEC) >= 0 || could_not(operation, "accept4");
}

const struct technique NETWORK_TECHNIQUES[] = {
    {"connect-tcp", serve_tcp, by_tcp, release_sockets},
    {"connect-udp", serve_udp, by_udp, release_sockets},
    {"connect-non-blocking", serve_tcp, without_blocking, release_sockets},
    {"connect-fast-open", serve_tcp, by_fast_open, release_sockets},
    {"connect-sendto", serve_udp, by_sendto, release_sockets},
    {"connect-io-uring", serve_tcp, by_uring, release_sockets},
    {"connect-untouched", serve_untouched, to_untouched_address, release_untouched},
    {"connect-ipv6", serve_ipv6, by_ipv6, release_sockets},
    {"connect-ipv4-mapped", serve_tcp, by_mapped_address, release_sockets},
    {"connect-unix", serve_unix, by_unix, release_sockets},
    {"connect-32-bit-call", serve_tcp, by_compat_call, release_sockets},
    {"socket-raw", prepare_nothing, by_raw_socket, NULL},
    {"socket-packet", prepare_nothing, by_packet_socket, NULL},
    {"socket-listen", prepare_address, by_listen, NULL},
    {"socket-accept", prepare_accept, by_accept, release_sockets},
    {NULL, NULL, NULL, NULL},
};
