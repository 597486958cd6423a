/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One event for each TCP connection that ends: both endpoints, the bytes each way, and how long it was
 * established. A connect that never got through is no connection; the network family reports it.
 *
 * Any packet may change the state, so the current task means nothing here: the event does not contain it,
 * the policy does not filter by it, and the sensor's own task is not left out.
 */
#include "emit.bpf.h"
#include "endpoints.bpf.h"
#include "filter-address.bpf.h"

#define IPPROTO_TCP 6
#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT 2
#define TCP_SYN_RECV 3
#define TCP_CLOSE 7
#define TCP_LISTEN 10
/* A bit of skc_flags: the peer's FIN has arrived. */
#define SOCK_DONE 1
/* Connections whose start is remembered; the oldest makes room for a new one. */
#define MAX_REMEMBERED 16384

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, MAX_REMEMBERED);
    __type(key, __u64);
    __type(value, __u64);
} tare_begun SEC(".maps");

static __always_inline void read_traffic(struct flow_event *event, const struct sock *sock) {
    const struct tcp_sock *tcp = (const void *)sock;
    event->sent = BPF_CORE_READ(tcp, bytes_sent) - BPF_CORE_READ(tcp, bytes_retrans);
    event->received = BPF_CORE_READ(tcp, bytes_received);
    if (event->received && BPF_CORE_READ(sock, __sk_common.skc_flags) & 1UL << SOCK_DONE)
        event->received--;
}

static __always_inline int on_close(struct cpu_state *state, const struct sock *sock) {
    struct flow_event *event = &state->flow;
    __u64 key = (__u64)sock;
    __u64 now = bpf_ktime_get_ns();
    const __u64 *begun = bpf_map_lookup_elem(&tare_begun, &key);
    __builtin_memset(&event->header, 0, sizeof(event->header));
    event->header.flags = begun ? 0 : FLAG_NO_DURATION;
    event->duration = begun ? now - *begun : 0;
    if (begun)
        bpf_map_delete_elem(&tare_begun, &key);
    if (!read_endpoints(&event->endpoints, sock))
        return 0;
    /* A closing socket has returned its port, so skc_num is 0. */
    event->endpoints.port = BPF_CORE_READ((const struct inet_sock *)sock, inet_sport);
    state->counts.seen++;
    const struct endpoints *endpoints = &event->endpoints;
    if (!is_wanted_address(endpoints->family, endpoints->peer, endpoints->port) &&
        !is_wanted_address(endpoints->family, endpoints->peer, endpoints->peer_port)) {
        state->counts.filtered++;
        return 0;
    }
    if (is_limited(state))
        return 0;
    event->header.time = now;
    event->header.uid = BPF_CORE_READ(sock, sk_uid.val);
    event->header.type = EVENT_FLOW;
    read_traffic(event, sock);
    emit(state, event, sizeof(*event));
    return 0;
}

static __always_inline int on_state(const struct sock *sock, int from, int to) {
    __u32 zero = 0;
    if ((to != TCP_ESTABLISHED && to != TCP_CLOSE) || BPF_CORE_READ(sock, sk_protocol) != IPPROTO_TCP)
        return 0;
    if (to == TCP_ESTABLISHED) {
        __u64 key = (__u64)sock, now = bpf_ktime_get_ns();
        bpf_map_update_elem(&tare_begun, &key, &now, BPF_ANY);
        return 0;
    }
    if (from == TCP_SYN_SENT || from == TCP_SYN_RECV || from == TCP_CLOSE || from == TCP_LISTEN)
        return 0;
    struct cpu_state *state = bpf_map_lookup_elem(&tare_state, &zero);
    return state ? on_close(state, sock) : 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tare_flow_btf, const struct sock *sock, int from, int to) { return on_state(sock, from, to); }

SEC("raw_tp/inet_sock_set_state")
int BPF_PROG(tare_flow_raw, const struct sock *sock, int from, int to) { return on_state(sock, from, to); }

SEC("tracepoint/sock/inet_sock_set_state")
int tare_flow_tp(struct trace_event_raw_inet_sock_set_state *ctx) {
    return on_state(ctx->skaddr, ctx->oldstate, ctx->newstate);
}
