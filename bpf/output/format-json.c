/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE
#include "format.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/wait.h>

#include "json.h"
#include "record-types.h"
#include "record.h"

static char *format_header(char *at, const struct event_header *header, const char *type) {
    at = stpcpy(json_literal(at, "{\"type\":\""), type);
    at = json_unsigned(json_literal(at, "\",\"time\":"), header->time);
    if (header->type == EVENT_FLOW) {
        at = json_literal(at, ",\"pid\":null,\"tid\":null,\"ppid\":null,\"uid\":");
        return json_literal(json_unsigned(at, header->uid), ",\"comm\":null,\"cgroup\":null");
    }
    at = json_unsigned(json_key(at, "pid"), header->pid);
    at = json_unsigned(json_key(at, "tid"), header->tid);
    at = json_unsigned(json_key(at, "ppid"), header->ppid);
    at = json_unsigned(json_key(at, "uid"), header->uid);
    at = json_string(json_key(at, "comm"), header->comm, strnlen(header->comm, COMM_BYTES));
    return json_unsigned(json_key(at, "cgroup"), header->cgroup);
}

static char *format_ret(char *at, const struct event_header *header) {
    return json_signed(json_key(at, "ret"), header->ret);
}

static char *format_path(char *at, const struct event_header *header, const char *path, size_t bytes) {
    at = json_key(at, "path");
    return header->flags & FLAG_PATH_UNREAD ? json_literal(at, "null") : json_string(at, path, bytes);
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

char *exec_to_json(char *at, const void *record) {
    const struct exec_event *event = record;
    char directory[CWD_BYTES + 1];
    size_t length;
    at = format_path(at, &event->header, event->text, event->path_bytes);
    at = json_key(at, "argv");
    if (event->header.flags & FLAG_ARGS_UNREAD)
        at = json_literal(at, "null");
    else
        at = format_arguments(at, event->text + event->path_bytes, event->args_bytes);
    at = event->header.flags & FLAG_TRUNCATED ? json_literal(at, ",\"truncated\":true")
                                              : json_literal(at, ",\"truncated\":false");
    at = json_key(at, "cwd");
    const char *cwd = record_cwd(event, directory, &length);
    at = cwd ? json_string(at, cwd, length) : json_literal(at, "null");
    at = json_unsigned(json_key(at, "gid"), event->gid);
    at = json_unsigned(json_key(at, "euid"), event->euid);
    at = json_unsigned(json_key(at, "egid"), event->egid);
    at = json_key(at, "auid");
    at = record_has_auid(event) ? json_unsigned(at, event->auid) : json_literal(at, "null");
    at = json_unsigned(json_key(at, "start"), event->start);
    at = json_unsigned(json_key(at, "parentStart"), event->parent_start);
    at = json_key(at, "container");
    const char *container = record_container(event);
    at = container ? json_string(at, container, CONTAINER_ID_BYTES) : json_literal(at, "null");
    at = json_unsigned(json_literal(at, ",\"namespaces\":{\"mnt\":"), event->namespaces[NAMESPACE_MOUNT]);
    at = json_unsigned(json_key(at, "net"), event->namespaces[NAMESPACE_NETWORK]);
    at = json_unsigned(json_key(at, "pid"), event->namespaces[NAMESPACE_PID]);
    at = json_unsigned(json_key(at, "user"), event->namespaces[NAMESPACE_USER]);
    *at++ = '}';
    return format_ret(at, &event->header);
}

char *open_to_json(char *at, const void *record) {
    const struct open_event *event = record;
    at = format_path(at, &event->header, event->path, event->path_bytes);
    if (record_is_relative(event))
        at = json_signed(json_key(at, "dirfd"), event->directory);
    at = json_key(at, "flags");
    if (event->header.flags & FLAG_FLAGS_UNREAD) {
        at = json_literal(at, "null");
    } else {
        at = json_unsigned(at, event->flags);
        if (record_may_create(event))
            at = json_unsigned(json_key(at, "mode"), event->mode);
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

static char *format_endpoints(char *at, const struct endpoints *endpoints) {
    at = format_family(at, endpoints->family);
    at = format_ip(json_key(at, "address"), endpoints->family, endpoints->address);
    at = json_unsigned(json_key(at, "port"), ntohs(endpoints->port));
    at = format_ip(json_key(at, "peer"), endpoints->family, endpoints->peer);
    return json_unsigned(json_key(at, "peerPort"), ntohs(endpoints->peer_port));
}

char *accept_to_json(char *at, const void *record) {
    const struct accept_event *event = record;
    if (event->header.flags & FLAG_NO_ADDRESS)
        at = json_literal(at,
                          ",\"family\":null,\"address\":null,\"port\":null,\"peer\":null,\"peerPort\":null");
    else
        at = format_endpoints(at, &event->endpoints);
    return format_ret(at, &event->header);
}

char *flow_to_json(char *at, const void *record) {
    const struct flow_event *event = record;
    at = format_endpoints(at, &event->endpoints);
    at = json_unsigned(json_key(at, "sent"), event->sent);
    at = json_unsigned(json_key(at, "received"), event->received);
    at = json_key(at, "duration");
    return event->header.flags & FLAG_NO_DURATION ? json_literal(at, "null")
                                                  : json_unsigned(at, event->duration);
}

/* One of the two keys is null: a process ends by a code or by a signal. */
char *exit_to_json(char *at, const void *record) {
    const struct exit_event *event = record;
    if (WIFSIGNALED(event->status)) {
        at = json_unsigned(json_literal(at, ",\"code\":null,\"signal\":"), WTERMSIG(event->status));
    } else {
        at = json_unsigned(json_key(at, "code"), WEXITSTATUS(event->status));
        at = json_literal(at, ",\"signal\":null");
    }
    at = WCOREDUMP(event->status) ? json_literal(at, ",\"core\":true") : json_literal(at, ",\"core\":false");
    return json_unsigned(json_key(at, "lifetime"), event->lifetime);
}

char *privilege_to_json(char *at, const void *record) {
    const struct privilege_event *event = record;
    const char *call = record_privilege_call(event);
    at = json_string(json_key(at, "call"), call, strlen(call));
    at = json_unsigned(json_key(at, "euid"), event->euid);
    at = json_unsigned(json_key(at, "suid"), event->suid);
    at = json_unsigned(json_key(at, "gid"), event->gid);
    at = json_unsigned(json_key(at, "egid"), event->egid);
    at = json_unsigned(json_key(at, "sgid"), event->sgid);
    at = json_literal(at, ",\"capabilities\":\"");
    for (int shift = 60; shift >= 0; shift -= 4)
        *at++ = "0123456789abcdef"[event->capabilities >> shift & 15];
    return format_ret(json_literal(at, "\""), &event->header);
}

char *denied_to_json(char *at, const void *record) {
    const struct denied_event *event = record;
    at = event->call == DENIED_EXEC ? json_literal(at, ",\"call\":\"exec\"")
                                    : json_literal(at, ",\"call\":\"open\"");
    at = event->action == ACTION_REFUSED ? json_literal(at, ",\"action\":\"refused\"")
                                         : json_literal(at, ",\"action\":\"killed\"");
    return format_path(at, &event->header, event->path, event->path_bytes);
}

/* Type and name only where the command creates something. */
char *bpf_to_json(char *at, const void *record) {
    const struct bpf_event *event = record;
    at = json_unsigned(json_key(at, "command"), event->command);
    if (record_creates(event)) {
        at = json_unsigned(json_key(at, "kind"), event->kind);
        at = json_string(json_key(at, "name"), event->name, strnlen(event->name, sizeof(event->name)));
    } else {
        at = json_literal(at, ",\"kind\":null,\"name\":null");
    }
    return format_ret(at, &event->header);
}

char *connect_to_json(char *at, const void *record) {
    const struct connect_event *event = record;
    at = format_family(at, event->family);
    at = format_ip(json_key(at, "address"), event->family, event->address);
    at = json_unsigned(json_key(at, "port"), ntohs(event->port));
    return format_ret(at, &event->header);
}

char *format_json(char *line, const void *record, size_t bytes) {
    const struct record_type *type = record_type(record, bytes);
    if (!type)
        return NULL;
    char *at = format_header(line, record, type->name);
    return json_literal(type->json(at, record), "}\n");
}
