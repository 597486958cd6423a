/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "format.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <string.h>

#include "json.h"

/* O_TMPFILE without the O_DIRECTORY in it (generic value; fcntl.h gives it to _GNU_SOURCE only). */
#define TMPFILE_BIT 020000000

static char *format_header(char *at, const struct event_header *header, const char *type, size_t type_bytes) {
    at = json_literal(at, "{\"type\":\"");
    memcpy(at, type, type_bytes);
    at += type_bytes;
    at = json_unsigned(json_literal(at, "\",\"time\":"), header->time);
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

static char *format_exec(char *at, const struct exec_event *event, size_t bytes) {
    if (bytes < offsetof(struct exec_event, text) ||
        bytes - offsetof(struct exec_event, text) < (size_t)event->path_bytes + event->args_bytes)
        return NULL;
    at = format_header(at, &event->header, "exec", 4);
    at = format_path(at, &event->header, event->text, event->path_bytes);
    at = json_literal(at, ",\"argv\":");
    if (event->header.marks & MARK_ARGS_UNREAD)
        at = json_literal(at, "null");
    else
        at = format_arguments(at, event->text + event->path_bytes, event->args_bytes);
    at = event->header.marks & MARK_TRUNCATED ? json_literal(at, ",\"truncated\":true")
                                              : json_literal(at, ",\"truncated\":false");
    return format_ret(at, &event->header);
}

static char *format_open(char *at, const struct open_event *event, size_t bytes) {
    if (bytes < offsetof(struct open_event, path) ||
        bytes - offsetof(struct open_event, path) < event->path_bytes)
        return NULL;
    at = format_header(at, &event->header, "open", 4);
    at = format_path(at, &event->header, event->path, event->path_bytes);
    at = json_literal(at, ",\"flags\":");
    if (event->header.marks & MARK_FLAGS_UNREAD) {
        at = json_literal(at, "null");
    } else {
        at = json_unsigned(at, event->flags);
        if (event->flags & (O_CREAT | TMPFILE_BIT))
            at = json_unsigned(json_literal(at, ",\"mode\":"), event->mode);
    }
    return format_ret(at, &event->header);
}

static char *format_connect(char *at, const struct connect_event *event, size_t bytes) {
    if (bytes < sizeof(*event))
        return NULL;
    at = format_header(at, &event->header, "connect", 7);
    if (event->family == AF_INET) {
        at = json_literal(at, ",\"family\":\"ipv4\",\"address\":\"");
        for (int i = 0; i < 4; i++) {
            if (i)
                *at++ = '.';
            at = json_unsigned(at, event->address[i]);
        }
    } else {
        at = json_literal(at, ",\"family\":\"ipv6\",\"address\":\"");
        inet_ntop(AF_INET6, event->address, at, INET6_ADDRSTRLEN);
        at += strlen(at);
    }
    at = json_unsigned(json_literal(at, "\",\"port\":"), ntohs(event->port));
    return format_ret(at, &event->header);
}

char *format_event(char *line, const void *record, size_t bytes) {
    const struct event_header *header = record;
    if (bytes < sizeof(*header))
        return NULL;
    switch (header->type) {
    case EVENT_EXEC:
        return format_exec(line, record, bytes);
    case EVENT_OPEN:
        return format_open(line, record, bytes);
    case EVENT_CONNECT:
        return format_connect(line, record, bytes);
    default:
        return NULL;
    }
}
