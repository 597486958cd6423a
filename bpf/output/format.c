/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every field of every event, once for both formats. events.proto has the same numbers. */
#define _GNU_SOURCE
#include "format.h"

#include <arpa/inet.h>
#include <sys/wait.h>

#include "field.h"
#include "record.h"

#define FIELD_EXEC 16
#define FIELD_URING 29
#define FIELD_NO_RET 30
#define FIELD_RET 31

/* Whose event it is. */
ALWAYS_INLINE char *put_origin(enum format format, char *at, const struct event_header *header) {
    bool has_process = header->type != EVENT_FLOW;
    if (has_process) {
        at = field_unsigned(format, at, "pid", 2, header->pid);
        at = field_unsigned(format, at, "tid", 3, header->tid);
        at = field_unsigned(format, at, "ppid", 4, header->ppid);
    } else {
        at = field_none(format, at, "pid");
        at = field_none(format, at, "tid");
        at = field_none(format, at, "ppid");
    }
    at = field_unsigned(format, at, "uid", 5, header->uid);
    if (!has_process)
        return field_none(format, field_none(format, at, "comm"), "cgroup");
    at = field_text(format, at, "comm", 6, header->comm, strnlen(header->comm, COMM_BYTES));
    return field_unsigned(format, at, "cgroup", 7, header->cgroup);
}

/* Its keys and numbers, and a name of escapes. */
#define ORIGIN_BYTES 256

/* A task's events come in runs, so what was written of the last one's is kept: half of most lines. */
struct origin {
    struct event_header header;
    size_t bytes; /* 0: there was none */
    char text[ORIGIN_BYTES];
};

static bool is_same_origin(const struct event_header *one, const struct event_header *other) {
    return one->tid == other->tid && one->pid == other->pid && one->ppid == other->ppid &&
           one->uid == other->uid && one->cgroup == other->cgroup &&
           !memcmp(one->comm, other->comm, COMM_BYTES);
}

ALWAYS_INLINE char *put_header(enum format format, char *at, const struct event_header *header,
                               struct origin *last) {
    at = field_unsigned(format, at, "time", 1, header->time);
    if (header->type == EVENT_FLOW)
        return put_origin(format, at, header);
    if (!last->bytes || !is_same_origin(header, &last->header)) {
        last->header = *header;
        last->bytes = put_origin(format, last->text, header) - last->text;
    }
    memcpy(at, last->text, last->bytes);
    return at + last->bytes;
}

/* In protobuf it stands behind the event's own message, and every event has it. */
ALWAYS_INLINE char *put_ret(enum format format, char *at, const struct event_header *header) {
    if (format == FORMAT_PROTOBUF)
        return at;
    if (header->flags & FLAG_URING)
        at = field_bool(format, at, "ioUring", FIELD_URING, true);
    return header->flags & FLAG_NO_RET ? field_none(format, at, "ret")
                                       : field_signed(format, at, "ret", FIELD_RET, header->ret);
}

ALWAYS_INLINE char *put_path(enum format format, char *at, unsigned number, const struct event_header *header,
                             const char *path, size_t bytes) {
    return header->flags & FLAG_PATH_UNREAD ? field_none(format, at, "path")
                                            : field_text(format, at, "path", number, path, bytes);
}

ALWAYS_INLINE char *put_arguments(enum format format, char *at, const char *text, size_t bytes) {
    char *inner = at = format == FORMAT_JSON ? json_literal(json_key(at, "argv"), "[") : pb_begin(at, 2);
    for (const char *argument = text, *end = text + bytes; argument < end;) {
        size_t length = strnlen(argument, end - argument);
        if (format == FORMAT_JSON && argument != text)
            *at++ = ',';
        at = format == FORMAT_JSON ? json_string(at, argument, length) : pb_bytes(at, 1, argument, length);
        argument += length + 1;
    }
    return format == FORMAT_JSON ? json_literal(at, "]") : pb_end(inner, at);
}

ALWAYS_INLINE char *put_exec(enum format format, char *at, const struct exec_event *event) {
    char directory[CWD_BYTES + 1];
    size_t length;
    at = put_path(format, at, 1, &event->header, event->text, event->path_bytes);
    at = event->header.flags & FLAG_FILE_UNKNOWN
             ? field_none(format, at, "file")
             : field_text(format, at, "file", 13, event->text + event->path_bytes, event->file_bytes);
    if (event->header.flags & FLAG_ARGS_UNREAD)
        at = field_none(format, at, "argv");
    else
        at = put_arguments(format, at, record_arguments(event), event->args_bytes);
    at = field_bool(format, at, "truncated", 3, event->header.flags & FLAG_TRUNCATED);
    const char *cwd = record_cwd(event, directory, &length);
    at = cwd ? field_text(format, at, "cwd", 4, cwd, length) : field_none(format, at, "cwd");
    at = field_unsigned(format, at, "gid", 5, event->gid);
    at = field_unsigned(format, at, "euid", 6, event->euid);
    at = field_unsigned(format, at, "egid", 7, event->egid);
    at = record_has_auid(event) ? field_unsigned(format, at, "auid", 8, event->auid)
                                : field_none(format, at, "auid");
    at = field_unsigned(format, at, "start", 9, event->start);
    at = field_unsigned(format, at, "parentStart", 10, event->parent_start);
    const char *container = record_container(event);
    at = container ? field_text(format, at, "container", 11, container, CONTAINER_ID_BYTES)
                   : field_none(format, at, "container");
    char *inner = at = field_begin(format, at, "namespaces", 12);
    at = field_unsigned(format, at, "mnt", 1, event->namespaces[NAMESPACE_MOUNT]);
    at = field_unsigned(format, at, "net", 2, event->namespaces[NAMESPACE_NETWORK]);
    at = field_unsigned(format, at, "pid", 3, event->namespaces[NAMESPACE_PID]);
    at = field_unsigned(format, at, "user", 4, event->namespaces[NAMESPACE_USER]);
    return put_ret(format, field_end(format, inner, at), &event->header);
}

ALWAYS_INLINE char *put_open(enum format format, char *at, const struct open_event *event) {
    at = put_path(format, at, 1, &event->header, event->path, event->path_bytes);
    if (record_is_relative(event))
        at = field_signed(format, at, "dirfd", 4, event->directory);
    if (event->header.flags & FLAG_FLAGS_UNREAD) {
        at = field_none(format, at, "flags");
    } else {
        at = field_unsigned(format, at, "flags", 2, event->flags);
        if (record_may_create(event))
            at = field_unsigned(format, at, "mode", 3, event->mode);
    }
    return put_ret(format, at, &event->header);
}

static char *put_ip(char *at, int family, const __u8 *address) {
    *at++ = '"';
    if (family == AF_INET) {
        for (int i = 0; i < 4; i++) {
            if (i)
                *at++ = '.';
            at = json_unsigned(at, address[i]);
        }
    } else {
        inet_ntop(AF_INET6, address, at, INET6_ADDRSTRLEN);
        at += strlen(at);
    }
    return json_literal(at, "\"");
}

/* In protobuf the length of an address tells its family. */
ALWAYS_INLINE char *put_family(enum format format, char *at, int family) {
    if (format == FORMAT_PROTOBUF)
        return at;
    return family == AF_INET ? json_literal(at, ",\"family\":\"ipv4\"")
                             : json_literal(at, ",\"family\":\"ipv6\"");
}

/* Two keys in JSON, one message in protobuf. `port` is in network byte order. */
ALWAYS_INLINE char *put_end(enum format format, char *at, const char *address_key, const char *port_key,
                            unsigned number, int family, const __u8 *address, __u16 port) {
    if (format == FORMAT_JSON)
        return json_unsigned(field_key(put_ip(field_key(at, address_key), family, address), port_key),
                             ntohs(port));
    char *inner = at = pb_begin(at, number);
    at = pb_bytes(at, 1, address, family == AF_INET ? 4 : 16);
    return pb_end(inner, pb_unsigned(at, 2, ntohs(port)));
}

ALWAYS_INLINE char *put_endpoints(enum format format, char *at, const struct endpoints *ends) {
    at = put_family(format, at, ends->family);
    at = put_end(format, at, "address", "port", 1, ends->family, ends->address, ends->port);
    return put_end(format, at, "peer", "peerPort", 2, ends->family, ends->peer, ends->peer_port);
}

ALWAYS_INLINE char *put_connect(enum format format, char *at, const struct connect_event *event) {
    at = put_family(format, at, event->family);
    at = put_end(format, at, "address", "port", 1, event->family, event->address, event->port);
    return put_ret(format, at, &event->header);
}

ALWAYS_INLINE char *put_datagram(enum format format, char *at, const struct connect_event *event) {
    return put_connect(format, at, event);
}

ALWAYS_INLINE char *put_accept(enum format format, char *at, const struct accept_event *event) {
    if (!(event->header.flags & FLAG_NO_ADDRESS))
        at = put_endpoints(format, at, &event->endpoints);
    else if (format == FORMAT_JSON)
        at = json_literal(at,
                          ",\"family\":null,\"address\":null,\"port\":null,\"peer\":null,\"peerPort\":null");
    return put_ret(format, at, &event->header);
}

ALWAYS_INLINE char *put_flow(enum format format, char *at, const struct flow_event *event) {
    at = put_endpoints(format, at, &event->endpoints);
    at = field_unsigned(format, at, "sent", 3, event->sent);
    at = field_unsigned(format, at, "received", 4, event->received);
    return event->header.flags & FLAG_NO_DURATION
               ? field_none(format, at, "duration")
               : field_unsigned(format, at, "duration", 5, event->duration);
}

/* A process ends by a code or by a signal. */
ALWAYS_INLINE char *put_exit(enum format format, char *at, const struct exit_event *event) {
    int status = event->status;
    at = WIFSIGNALED(status) ? field_none(format, at, "code")
                             : field_unsigned(format, at, "code", 1, WEXITSTATUS(status));
    at = WIFSIGNALED(status) ? field_unsigned(format, at, "signal", 2, WTERMSIG(status))
                             : field_none(format, at, "signal");
    at = field_bool(format, at, "core", 3, WCOREDUMP(status));
    return field_unsigned(format, at, "lifetime", 4, event->lifetime);
}

ALWAYS_INLINE char *put_privilege(enum format format, char *at, const struct privilege_event *event) {
    const char *call = record_privilege_call(event);
    at = field_text(format, at, "call", 1, call, strlen(call));
    at = field_unsigned(format, at, "euid", 2, event->euid);
    at = field_unsigned(format, at, "suid", 3, event->suid);
    at = field_unsigned(format, at, "gid", 4, event->gid);
    at = field_unsigned(format, at, "egid", 5, event->egid);
    at = field_unsigned(format, at, "sgid", 6, event->sgid);
    if (format == FORMAT_PROTOBUF)
        return pb_fixed64(at, 7, event->capabilities);
    at = json_literal(at, ",\"capabilities\":\"");
    for (int shift = 60; shift >= 0; shift -= 4)
        *at++ = "0123456789abcdef"[event->capabilities >> shift & 15];
    return put_ret(format, json_literal(at, "\""), &event->header);
}

ALWAYS_INLINE char *put_denied(enum format format, char *at, const struct denied_event *event) {
    at = field_choice(format, at, "call", 1, event->call != DENIED_EXEC, "exec", "open");
    at = field_choice(format, at, "action", 2, event->action != ACTION_REFUSED, "refused", "killed");
    return put_path(format, at, 3, &event->header, event->path, event->path_bytes);
}

/* What the keys of a path are called. */
struct path_keys {
    const char *path;
    const char *given;
    const char *directory;
};

/* A path that the caller gave; beside a relative one what it starts at, and the caller's words where they
 * were completed. In protobuf `number` and the two behind it. */
ALWAYS_INLINE char *put_given(enum format format, char *at, const struct path_keys *keys, unsigned number,
                              bool is_unread, const struct given_path *path, const char *text) {
    if (is_unread)
        return field_none(format, at, keys->path);
    at = field_text(format, at, keys->path, number, text, path->bytes);
    if (path->directory_bytes)
        at = field_text(format, at, keys->given, number + 1, text + path->directory_bytes,
                        path->bytes - path->directory_bytes);
    if (record_given_is_relative(path, text))
        at = field_signed(format, at, keys->directory, number + 2, path->directory);
    return at;
}

static const struct path_keys PATH = {"path", "given", "dirfd"};
static const struct path_keys NEW_PATH = {"newPath", "newGiven", "newDirfd"};

ALWAYS_INLINE char *put_write(enum format format, char *at, const struct write_event *event) {
    const char *call = record_write_call(event);
    bool is_unread = event->header.flags & FLAG_PATH_UNREAD;
    at = field_text(format, at, "call", 1, call, strlen(call));
    at = put_given(format, at, &PATH, 2, is_unread, &event->path, event->text);
    at = event->call == WRITE_truncate ? field_none(format, at, "fd")
                                       : field_signed(format, at, "fd", 5, event->fd);
    return put_ret(format, at, &event->header);
}

ALWAYS_INLINE char *put_rename(enum format format, char *at, const struct rename_event *event) {
    const __u16 flags = event->header.flags;
    at = put_given(format, at, &PATH, 1, flags & FLAG_PATH_UNREAD, &event->from, event->text);
    at = put_given(format, at, &NEW_PATH, 4, flags & FLAG_NEW_PATH_UNREAD, &event->to,
                   event->text + event->from.bytes);
    at = field_unsigned(format, at, "flags", 7, event->flags);
    return put_ret(format, at, &event->header);
}

ALWAYS_INLINE char *put_delete(enum format format, char *at, const struct delete_event *event) {
    bool is_unread = event->header.flags & FLAG_PATH_UNREAD;
    at = put_given(format, at, &PATH, 1, is_unread, &event->path, event->text);
    at = field_bool(format, at, "directory", 4, event->is_directory);
    return put_ret(format, at, &event->header);
}

/* Type and name only where the command creates something. */
ALWAYS_INLINE char *put_bpf(enum format format, char *at, const struct bpf_event *event) {
    at = field_unsigned(format, at, "command", 1, event->command);
    if (record_creates(event)) {
        at = field_unsigned(format, at, "kind", 2, event->kind);
        at = field_text(format, at, "name", 3, event->name, strnlen(event->name, sizeof(event->name)));
    } else {
        at = field_none(format, field_none(format, at, "kind"), "name");
    }
    return put_ret(format, at, &event->header);
}

ALWAYS_INLINE char *put_event(enum format format, char *at, const struct event_header *header) {
    const void *record = header;
#define CASE(type, name)                                                                                     \
    case type:                                                                                               \
        return put_##name(format, at, record);
    switch (header->type) {
        EVERY_EVENT(CASE)
    default:
        return at;
    }
}

char *format_json(char *line, const void *record, size_t bytes) {
#define NAME(type, name) [type] = #name,
    static const char *const names[EVENT_TYPE_COUNT] = {EVERY_EVENT(NAME)};
    static struct origin last;
    const struct event_header *header = record;
    if (!record_is_whole(record, bytes))
        return NULL;
    char *at = stpcpy(json_literal(line, "{\"type\":\""), names[header->type]);
    at = put_header(FORMAT_JSON, json_literal(at, "\""), header, &last);
    return json_literal(put_event(FORMAT_JSON, at, header), "}\n");
}

char *format_protobuf(char *to, const void *record, size_t bytes) {
    static struct origin last;
    const struct event_header *header = record;
    if (!record_is_whole(record, bytes))
        return NULL;
    char *event = pb_begin(to, 0);
    char *at = put_header(FORMAT_PROTOBUF, event, header, &last);
    /* Each type has its own message. */
    char *inner = at = pb_begin(at, FIELD_EXEC + header->type - EVENT_EXEC);
    at = pb_end(inner, put_event(FORMAT_PROTOBUF, at, header));
    if (header->flags & FLAG_URING)
        at = pb_unsigned(at, FIELD_URING, true);
    if (header->flags & FLAG_NO_RET)
        at = pb_unsigned(at, FIELD_NO_RET, true);
    return pb_end(event, pb_signed(at, FIELD_RET, header->ret));
}
