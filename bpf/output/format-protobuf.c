/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A record as a length and an Event of events.proto, which has the field numbers. */
#include "format.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/wait.h>

#include "protobuf.h"
#include "record-types.h"
#include "record.h"

#define FIELD_EXEC 16
#define FIELD_RET 31

static char *write_header(char *at, const struct event_header *header) {
    at = pb_unsigned(at, 1, header->time);
    if (header->type == EVENT_FLOW)
        return pb_unsigned(at, 5, header->uid);
    at = pb_unsigned(at, 2, header->pid);
    at = pb_unsigned(at, 3, header->tid);
    at = pb_unsigned(at, 4, header->ppid);
    at = pb_unsigned(at, 5, header->uid);
    at = pb_bytes(at, 6, header->comm, strnlen(header->comm, COMM_BYTES));
    return pb_unsigned(at, 7, header->cgroup);
}

static char *write_path(char *at, unsigned field, const struct event_header *header, const char *path,
                        size_t bytes) {
    return header->flags & FLAG_PATH_UNREAD ? at : pb_bytes(at, field, path, bytes);
}

static char *write_arguments(char *at, const char *text, size_t bytes) {
    char *inner = at = pb_begin(at, 2);
    for (const char *argument = text, *end = text + bytes; argument < end;) {
        size_t length = strnlen(argument, end - argument);
        at = pb_bytes(at, 1, argument, length);
        argument += length + 1;
    }
    return pb_end(inner, at);
}

char *exec_to_protobuf(char *at, const void *record) {
    const struct exec_event *event = record;
    char directory[CWD_BYTES + 1];
    size_t length;
    at = write_path(at, 1, &event->header, event->text, event->path_bytes);
    if (!(event->header.flags & FLAG_ARGS_UNREAD))
        at = write_arguments(at, event->text + event->path_bytes, event->args_bytes);
    at = pb_unsigned(at, 3, (event->header.flags & FLAG_TRUNCATED) != 0);
    const char *cwd = record_cwd(event, directory, &length);
    if (cwd)
        at = pb_bytes(at, 4, cwd, length);
    at = pb_unsigned(at, 5, event->gid);
    at = pb_unsigned(at, 6, event->euid);
    at = pb_unsigned(at, 7, event->egid);
    if (record_has_auid(event))
        at = pb_unsigned(at, 8, event->auid);
    at = pb_unsigned(at, 9, event->start);
    at = pb_unsigned(at, 10, event->parent_start);
    const char *container = record_container(event);
    if (container)
        at = pb_bytes(at, 11, container, CONTAINER_ID_BYTES);
    char *inner = at = pb_begin(at, 12);
    at = pb_unsigned(at, 1, event->namespaces[NAMESPACE_MOUNT]);
    at = pb_unsigned(at, 2, event->namespaces[NAMESPACE_NETWORK]);
    at = pb_unsigned(at, 3, event->namespaces[NAMESPACE_PID]);
    at = pb_unsigned(at, 4, event->namespaces[NAMESPACE_USER]);
    return pb_end(inner, at);
}

char *open_to_protobuf(char *at, const void *record) {
    const struct open_event *event = record;
    at = write_path(at, 1, &event->header, event->path, event->path_bytes);
    if (record_is_relative(event))
        at = pb_signed(at, 4, event->directory);
    if (event->header.flags & FLAG_FLAGS_UNREAD)
        return at;
    at = pb_unsigned(at, 2, event->flags);
    return record_may_create(event) ? pb_unsigned(at, 3, event->mode) : at;
}

/* `port` is in network byte order. */
static char *write_end(char *at, unsigned field, int family, const __u8 *address, __u16 port) {
    char *inner = at = pb_begin(at, field);
    at = pb_bytes(at, 1, address, family == AF_INET ? 4 : 16);
    return pb_end(inner, pb_unsigned(at, 2, ntohs(port)));
}

static char *write_endpoints(char *at, const struct endpoints *endpoints) {
    at = write_end(at, 1, endpoints->family, endpoints->address, endpoints->port);
    return write_end(at, 2, endpoints->family, endpoints->peer, endpoints->peer_port);
}

char *exit_to_protobuf(char *at, const void *record) {
    const struct exit_event *event = record;
    at = WIFSIGNALED(event->status) ? pb_unsigned(at, 2, WTERMSIG(event->status))
                                    : pb_unsigned(at, 1, WEXITSTATUS(event->status));
    at = pb_unsigned(at, 3, WCOREDUMP(event->status) != 0);
    return pb_unsigned(at, 4, event->lifetime);
}

char *privilege_to_protobuf(char *at, const void *record) {
    const struct privilege_event *event = record;
    const char *call = record_privilege_call(event);
    at = pb_bytes(at, 1, call, strlen(call));
    at = pb_unsigned(at, 2, event->euid);
    at = pb_unsigned(at, 3, event->suid);
    at = pb_unsigned(at, 4, event->gid);
    at = pb_unsigned(at, 5, event->egid);
    at = pb_unsigned(at, 6, event->sgid);
    return pb_fixed64(at, 7, event->capabilities);
}

char *bpf_to_protobuf(char *at, const void *record) {
    const struct bpf_event *event = record;
    at = pb_unsigned(at, 1, event->command);
    if (!record_creates(event))
        return at;
    at = pb_unsigned(at, 2, event->kind);
    return pb_bytes(at, 3, event->name, strnlen(event->name, sizeof(event->name)));
}

char *denied_to_protobuf(char *at, const void *record) {
    const struct denied_event *event = record;
    at = pb_unsigned(at, 1, event->call != DENIED_EXEC);
    at = pb_unsigned(at, 2, event->action != ACTION_REFUSED);
    return write_path(at, 3, &event->header, event->path, event->path_bytes);
}

char *flow_to_protobuf(char *at, const void *record) {
    const struct flow_event *event = record;
    at = write_endpoints(at, &event->endpoints);
    at = pb_unsigned(at, 3, event->sent);
    at = pb_unsigned(at, 4, event->received);
    return event->header.flags & FLAG_NO_DURATION ? at : pb_unsigned(at, 5, event->duration);
}

char *connect_to_protobuf(char *at, const void *record) {
    const struct connect_event *event = record;
    return write_end(at, 1, event->family, event->address, event->port);
}

char *accept_to_protobuf(char *at, const void *record) {
    const struct accept_event *event = record;
    return event->header.flags & FLAG_NO_ADDRESS ? at : write_endpoints(at, &event->endpoints);
}

char *format_protobuf(char *to, const void *record, size_t bytes) {
    const struct event_header *header = record;
    const struct record_type *type = record_type(record, bytes);
    if (!type)
        return NULL;
    char *event = pb_begin(to, 0);
    char *at = write_header(event, header);
    /* Each type has its own message. */
    char *inner = at = pb_begin(at, FIELD_EXEC + header->type - EVENT_EXEC);
    at = pb_end(inner, type->protobuf(at, record));
    return pb_end(event, pb_signed(at, FIELD_RET, header->ret));
}
