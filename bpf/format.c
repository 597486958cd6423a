/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE
#include "format.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>

#include "json.h"

/* O_TMPFILE without the O_DIRECTORY in it (generic value; fcntl.h gives it to _GNU_SOURCE only). */
#define TMPFILE_BIT 020000000
/* Nobody logged in: what audit(8) shows as unset. */
#define NO_AUID 0xffffffffu
#define CONTAINER_ID_BYTES 64

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

/* The components come from the last to the first. */
static char *format_cwd(char *at, const struct exec_event *event, const char *components) {
    char path[CWD_BYTES + 1];
    size_t from = sizeof(path);
    const char *end = components + event->cwd_bytes;
    if (event->header.marks & MARK_CWD_UNKNOWN)
        return json_literal(at, "null");
    for (const char *component = components; component < end;) {
        size_t length = strnlen(component, end - component);
        if (length + 1 > from)
            return json_literal(at, "null");
        from -= length;
        memcpy(path + from, component, length);
        path[--from] = '/';
        component += length + 1;
    }
    return event->cwd_bytes ? json_string(at, path + from, sizeof(path) - from) : json_literal(at, "\"/\"");
}

static bool is_hexadecimal(char character) {
    return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f');
}

/* Runtimes name a container's cgroup by its id: 64 hexadecimal digits, bare or as in docker-ID.scope. */
static char *format_container(char *at, const char *name, size_t bytes) {
    size_t run = 0;
    for (size_t i = 0; i < bytes; i++) {
        run = is_hexadecimal(name[i]) ? run + 1 : 0;
        bool ends = i + 1 == bytes || !is_hexadecimal(name[i + 1]);
        if (run == CONTAINER_ID_BYTES && ends)
            return json_string(at, name + i + 1 - run, run);
    }
    return json_literal(at, "null");
}

static char *format_exec(char *at, const struct exec_event *event, size_t bytes) {
    if (bytes < offsetof(struct exec_event, text) ||
        bytes - offsetof(struct exec_event, text) <
            (size_t)event->path_bytes + event->args_bytes + event->cgroup_bytes + event->cwd_bytes)
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
    const char *cgroup = event->text + event->path_bytes + event->args_bytes;
    at = format_cwd(json_literal(at, ",\"cwd\":"), event, cgroup + event->cgroup_bytes);
    at = json_unsigned(json_literal(at, ",\"gid\":"), event->gid);
    at = json_unsigned(json_literal(at, ",\"euid\":"), event->euid);
    at = json_unsigned(json_literal(at, ",\"egid\":"), event->egid);
    at = json_literal(at, ",\"auid\":");
    at = event->header.marks & MARK_AUID_UNKNOWN || event->auid == NO_AUID ? json_literal(at, "null")
                                                                           : json_unsigned(at, event->auid);
    at = json_unsigned(json_literal(at, ",\"start\":"), event->start);
    at = json_unsigned(json_literal(at, ",\"parentStart\":"), event->parent_start);
    at = format_container(json_literal(at, ",\"container\":"), cgroup, event->cgroup_bytes);
    at = json_unsigned(json_literal(at, ",\"namespaces\":{\"mnt\":"), event->namespaces[NAMESPACE_MOUNT]);
    at = json_unsigned(json_literal(at, ",\"net\":"), event->namespaces[NAMESPACE_NETWORK]);
    at = json_unsigned(json_literal(at, ",\"pid\":"), event->namespaces[NAMESPACE_PID]);
    at = json_unsigned(json_literal(at, ",\"user\":"), event->namespaces[NAMESPACE_USER]);
    *at++ = '}';
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

static char *format_accept(char *at, const struct accept_event *event, size_t bytes) {
    if (bytes < sizeof(*event))
        return NULL;
    at = format_header(at, &event->header, "accept", 6);
    if (event->header.marks & MARK_NO_ADDRESS) {
        at = json_literal(at,
                          ",\"family\":null,\"address\":null,\"port\":null,\"peer\":null,\"peerPort\":null");
        return format_ret(at, &event->header);
    }
    at = format_family(at, event->family);
    at = format_ip(json_literal(at, ",\"address\":"), event->family, event->address);
    at = json_unsigned(json_literal(at, ",\"port\":"), ntohs(event->port));
    at = format_ip(json_literal(at, ",\"peer\":"), event->family, event->peer);
    at = json_unsigned(json_literal(at, ",\"peerPort\":"), ntohs(event->peer_port));
    return format_ret(at, &event->header);
}

/* Each of the two keys is null where the other one tells how the process ended. */
static char *format_exit(char *at, const struct exit_event *event, size_t bytes) {
    if (bytes < sizeof(*event))
        return NULL;
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

static char *format_privilege(char *at, const struct privilege_event *event, size_t bytes) {
    static const char *const calls[CALL_COUNT] = {
        [CALL_setuid] = "setuid",     [CALL_setgid] = "setgid",       [CALL_setreuid] = "setreuid",
        [CALL_setregid] = "setregid", [CALL_setresuid] = "setresuid", [CALL_setresgid] = "setresgid",
        [CALL_setfsuid] = "setfsuid", [CALL_setfsgid] = "setfsgid",   [CALL_setgroups] = "setgroups",
        [CALL_capset] = "capset",
    };
    if (bytes < sizeof(*event) || event->call >= CALL_COUNT)
        return NULL;
    const char *call = calls[event->call];
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

static char *format_denied(char *at, const struct denied_event *event, size_t bytes) {
    if (bytes < offsetof(struct denied_event, path) ||
        bytes - offsetof(struct denied_event, path) < event->path_bytes)
        return NULL;
    at = format_header(at, &event->header, "denied", 6);
    at = event->call == DENIED_EXEC ? json_literal(at, ",\"call\":\"exec\"")
                                    : json_literal(at, ",\"call\":\"open\"");
    at = event->action == ACTION_REFUSED ? json_literal(at, ",\"action\":\"refused\"")
                                         : json_literal(at, ",\"action\":\"killed\"");
    at = format_path(at, &event->header, event->path, event->path_bytes);
    return json_literal(at, "}\n");
}

/* Type and name only where the command creates something. */
static char *format_bpf(char *at, const struct bpf_event *event, size_t bytes) {
    if (bytes < sizeof(*event))
        return NULL;
    bool creates = event->command == BPF_MAP_CREATE || event->command == BPF_PROG_LOAD;
    at = format_header(at, &event->header, "bpf", 3);
    at = json_unsigned(json_literal(at, ",\"command\":"), event->command);
    if (creates && !(event->header.marks & MARK_ATTR_UNREAD)) {
        at = json_unsigned(json_literal(at, ",\"kind\":"), event->kind);
        at = json_string(json_literal(at, ",\"name\":"), event->name,
                         strnlen(event->name, sizeof(event->name)));
    } else {
        at = json_literal(at, ",\"kind\":null,\"name\":null");
    }
    return format_ret(at, &event->header);
}

static char *format_connect(char *at, const struct connect_event *event, size_t bytes) {
    if (bytes < sizeof(*event))
        return NULL;
    at = format_header(at, &event->header, "connect", 7);
    at = format_family(at, event->family);
    at = format_ip(json_literal(at, ",\"address\":"), event->family, event->address);
    at = json_unsigned(json_literal(at, ",\"port\":"), ntohs(event->port));
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
    case EVENT_EXIT:
        return format_exit(line, record, bytes);
    case EVENT_ACCEPT:
        return format_accept(line, record, bytes);
    case EVENT_PRIVILEGE:
        return format_privilege(line, record, bytes);
    case EVENT_BPF:
        return format_bpf(line, record, bytes);
    case EVENT_DENIED:
        return format_denied(line, record, bytes);
    default:
        return NULL;
    }
}
