/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE
#include "format.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/wait.h>

#include "json.h"
#include "record.h"

static char *format_header(char *at, const struct event_header *header, const char *type, size_t type_bytes) {
    at = json_literal(at, "{\"type\":\"");
    memcpy(at, type, type_bytes);
    at += type_bytes;
    at = json_unsigned(json_literal(at, "\",\"time\":"), header->time);
    if (header->type == EVENT_FLOW) {
        at = json_literal(at, ",\"pid\":null,\"tid\":null,\"ppid\":null,\"uid\":");
        return json_literal(json_unsigned(at, header->uid), ",\"comm\":null,\"cgroup\":null");
    }
    at = json_unsigned(json_literal(at, ",\"pid\":"), header->pid);
    at = json_unsigned(json_literal(at, ",\"tid\":"), header->tid);
    at = json_unsigned(json_literal(at, ",\"ppid\":"), header->ppid);
    at = json_unsigned(json_literal(at, ",\"uid\":"), header->uid);
    at = json_string(json_literal(at, ",\"comm\":"), header->comm, strnlen(header->comm, COMM_BYTES));
    return json_unsigned(json_literal(at, ",\"cgroup\":"), header->cgroup);
}

static char *format_ret(char *at, const struct event_header *header) {
    at = json_signed(json_literal(at, ",\"ret\":"), header->ret);
    return json_literal(at, "}\n");
}

static char *format_path(char *at, const struct event_header *header, const char *path, size_t bytes) {
    at = json_literal(at, ",\"path\":");
    return header->marks & MARK_PATH_UNREAD ? json_literal(at, "null") : json_string(at, path, bytes);
}

static char *format_arguments(char *at, const char *text, size_t bytes) {
    const char *end = text + bytes;
    *at++ = '[';
    for (const char *argument = text; argument < end;) {
        size_t length = strnlen(argument, end - argument);
        if (argument != text)
            *at++ = ',';
        at = json_string(at, argument, length);
        argument += length + 1;
    }
    *at++ = ']';
    return at;
}

static char *format_exec(char *at, const struct exec_event *event) {
    char directory[CWD_BYTES + 1];
    size_t length;
    at = format_header(at, &event->header, "exec", 4);
    at = format_path(at, &event->header, event->text, event->path_bytes);
    at = json_literal(at, ",\"argv\":");
    if (event->header.marks & MARK_ARGS_UNREAD)
        at = json_literal(at, "null");
    else
        at = format_arguments(at, event->text + event->path_bytes, event->args_bytes);
    at = event->header.marks & MARK_TRUNCATED ? json_literal(at, ",\"truncated\":true")
                                              : json_literal(at, ",\"truncated\":false");
    at = json_literal(at, ",\"cwd\":");
    const char *cwd = record_cwd(event, directory, &length);
    at = cwd ? json_string(at, cwd, length) : json_literal(at, "null");
    at = json_unsigned(json_literal(at, ",\"gid\":"), event->gid);
    at = json_unsigned(json_literal(at, ",\"euid\":"), event->euid);
    at = json_unsigned(json_literal(at, ",\"egid\":"), event->egid);
    at = json_literal(at, ",\"auid\":");
    at = record_has_auid(event) ? json_unsigned(at, event->auid) : json_literal(at, "null");
    at = json_unsigned(json_literal(at, ",\"start\":"), event->start);
    at = json_unsigned(json_literal(at, ",\"parentStart\":"), event->parent_start);
    at = json_literal(at, ",\"container\":");
    const char *container = record_container(event);
    at = container ? json_string(at, container, CONTAINER_ID_BYTES) : json_literal(at, "null");
    at = json_unsigned(json_literal(at, ",\"namespaces\":{\"mnt\":"), event->namespaces[NAMESPACE_MOUNT]);
    at = json_unsigned(json_literal(at, ",\"net\":"), event->namespaces[NAMESPACE_NETWORK]);
    at = json_unsigned(json_literal(at, ",\"pid\":"), event->namespaces[NAMESPACE_PID]);
    at = json_unsigned(json_literal(at, ",\"user\":"), event->namespaces[NAMESPACE_USER]);
    *at++ = '}';
    return format_ret(at, &event->header);
}

static char *format_open(char *at, const struct open_event *event) {
    at = format_header(at, &event->header, "open", 4);
    at = format_path(at, &event->header, event->path, event->path_bytes);
    if (record_is_relative(event))
        at = json_signed(json_literal(at, ",\"dirfd\":"), event->directory);
    at = json_literal(at, ",\"flags\":");
    if (event->header.marks & MARK_FLAGS_UNREAD) {
        at = json_literal(at, "null");
    } else {
        at = json_unsigned(at, event->flags);
        if (record_may_create(event))
            at = json_unsigned(json_literal(at, ",\"mode\":"), event->mode);
    }
    return format_ret(at, &event->header);
}

static char *format_ip(char *at, int family, const __u8 *address) {
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
    *at++ = '"';
    return at;
}

static char *format_family(char *at, int family) {
    return family == AF_INET ? json_literal(at, ",\"family\":\"ipv4\"")
                             : json_literal(at, ",\"family\":\"ipv6\"");
}

static char *format_ends(char *at, const struct ends *ends) {
    at = format_family(at, ends->family);
    at = format_ip(json_literal(at, ",\"address\":"), ends->family, ends->address);
    at = json_unsigned(json_literal(at, ",\"port\":"), ntohs(ends->port));
    at = format_ip(json_literal(at, ",\"peer\":"), ends->family, ends->peer);
    return json_unsigned(json_literal(at, ",\"peerPort\":"), ntohs(ends->peer_port));
}

static char *format_accept(char *at, const struct accept_event *event) {
    at = format_header(at, &event->header, "accept", 6);
    if (event->header.marks & MARK_NO_ADDRESS)
        at = json_literal(at,
                          ",\"family\":null,\"address\":null,\"port\":null,\"peer\":null,\"peerPort\":null");
    else
        at = format_ends(at, &event->ends);
    return format_ret(at, &event->header);
}

static char *format_flow(char *at, const struct flow_event *event) {
    at = format_ends(format_header(at, &event->header, "flow", 4), &event->ends);
    at = json_unsigned(json_literal(at, ",\"sent\":"), event->sent);
    at = json_unsigned(json_literal(at, ",\"received\":"), event->received);
    at = json_literal(at, ",\"duration\":");
    at = event->header.marks & MARK_NO_DURATION ? json_literal(at, "null")
                                                : json_unsigned(at, event->duration);
    return json_literal(at, "}\n");
}

/* Each of the two keys is null where the other one tells how the process ended. */
static char *format_exit(char *at, const struct exit_event *event) {
    at = format_header(at, &event->header, "exit", 4);
    if (WIFSIGNALED(event->status)) {
        at = json_unsigned(json_literal(at, ",\"code\":null,\"signal\":"), WTERMSIG(event->status));
    } else {
        at = json_unsigned(json_literal(at, ",\"code\":"), WEXITSTATUS(event->status));
        at = json_literal(at, ",\"signal\":null");
    }
    at = WCOREDUMP(event->status) ? json_literal(at, ",\"core\":true") : json_literal(at, ",\"core\":false");
    at = json_unsigned(json_literal(at, ",\"lifetime\":"), event->lifetime);
    return json_literal(at, "}\n");
}

static char *format_privilege(char *at, const struct privilege_event *event) {
    const char *call = record_privilege_call(event);
    at = format_header(at, &event->header, "privilege", 9);
    at = json_string(json_literal(at, ",\"call\":"), call, strlen(call));
    at = json_unsigned(json_literal(at, ",\"euid\":"), event->euid);
    at = json_unsigned(json_literal(at, ",\"suid\":"), event->suid);
    at = json_unsigned(json_literal(at, ",\"gid\":"), event->gid);
    at = json_unsigned(json_literal(at, ",\"egid\":"), event->egid);
    at = json_unsigned(json_literal(at, ",\"sgid\":"), event->sgid);
    at = json_literal(at, ",\"capabilities\":\"");
    for (int shift = 60; shift >= 0; shift -= 4)
        *at++ = "0123456789abcdef"[event->capabilities >> shift & 15];
    return format_ret(json_literal(at, "\""), &event->header);
}

static char *format_denied(char *at, const struct denied_event *event) {
    at = format_header(at, &event->header, "denied", 6);
    at = event->call == DENIED_EXEC ? json_literal(at, ",\"call\":\"exec\"")
                                    : json_literal(at, ",\"call\":\"open\"");
    at = event->action == ACTION_REFUSED ? json_literal(at, ",\"action\":\"refused\"")
                                         : json_literal(at, ",\"action\":\"killed\"");
    at = format_path(at, &event->header, event->path, event->path_bytes);
    return json_literal(at, "}\n");
}

/* Type and name only where the command creates something. */
static char *format_bpf(char *at, const struct bpf_event *event) {
    at = format_header(at, &event->header, "bpf", 3);
    at = json_unsigned(json_literal(at, ",\"command\":"), event->command);
    if (record_creates(event)) {
        at = json_unsigned(json_literal(at, ",\"kind\":"), event->kind);
        at = json_string(json_literal(at, ",\"name\":"), event->name,
                         strnlen(event->name, sizeof(event->name)));
    } else {
        at = json_literal(at, ",\"kind\":null,\"name\":null");
    }
    return format_ret(at, &event->header);
}

static char *format_connect(char *at, const struct connect_event *event) {
    at = format_header(at, &event->header, "connect", 7);
    at = format_family(at, event->family);
    at = format_ip(json_literal(at, ",\"address\":"), event->family, event->address);
    at = json_unsigned(json_literal(at, ",\"port\":"), ntohs(event->port));
    return format_ret(at, &event->header);
}

char *format_json(char *line, const void *record, size_t bytes) {
    const struct event_header *header = record;
    if (!record_is_whole(record, bytes))
        return NULL;
    switch (header->type) {
    case EVENT_EXEC:
        return format_exec(line, record);
    case EVENT_OPEN:
        return format_open(line, record);
    case EVENT_CONNECT:
        return format_connect(line, record);
    case EVENT_EXIT:
        return format_exit(line, record);
    case EVENT_ACCEPT:
        return format_accept(line, record);
    case EVENT_PRIVILEGE:
        return format_privilege(line, record);
    case EVENT_BPF:
        return format_bpf(line, record);
    case EVENT_DENIED:
        return format_denied(line, record);
    default:
        return format_flow(line, record);
    }
}
