/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE
#include "record.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <string.h>

/* O_TMPFILE without its O_DIRECTORY (generic value; fcntl.h has it for _GNU_SOURCE only). */
#define TMPFILE_BIT 020000000
/* No login: what audit(8) shows as unset. */
#define NO_AUID 0xffffffffu

static bool is_whole_exec(const struct exec_event *event, size_t bytes) {
    const size_t fixed = offsetof(struct exec_event, text);
    return bytes >= fixed && bytes - fixed >= (size_t)event->path_bytes + event->file_bytes +
                                                  event->args_bytes + event->cgroup_bytes + event->cwd_bytes;
}

static bool is_whole_open(const struct open_event *event, size_t bytes) {
    const size_t fixed = offsetof(struct open_event, path);
    return bytes >= fixed && bytes - fixed >= event->path_bytes;
}

static bool is_whole_denied(const struct denied_event *event, size_t bytes) {
    const size_t fixed = offsetof(struct denied_event, path);
    return bytes >= fixed && bytes - fixed >= event->path_bytes;
}

static bool is_whole_privilege(const struct privilege_event *event, size_t bytes) {
    return bytes >= sizeof(*event) && event->call < CALL_COUNT;
}

/* `bytes` of text are there. */
static bool is_whole_given(const struct given_path *path, size_t bytes) {
    return path->bytes <= bytes && path->bytes < PATH_BYTES && path->directory_bytes <= path->bytes;
}

static bool is_whole_write(const struct write_event *event, size_t bytes) {
    const size_t fixed = offsetof(struct write_event, text);
    return bytes >= fixed && is_whole_given(&event->path, bytes - fixed) && event->call < WRITE_CALL_COUNT;
}

static bool is_whole_rename(const struct rename_event *event, size_t bytes) {
    const size_t fixed = offsetof(struct rename_event, text);
    return bytes >= fixed && is_whole_given(&event->from, bytes - fixed) &&
           is_whole_given(&event->to, bytes - fixed - event->from.bytes);
}

static bool is_whole_delete(const struct delete_event *event, size_t bytes) {
    const size_t fixed = offsetof(struct delete_event, text);
    return bytes >= fixed && is_whole_given(&event->path, bytes - fixed);
}

bool record_is_whole(const void *record, size_t bytes) {
    if (bytes < sizeof(struct event_header))
        return false;
    switch (((const struct event_header *)record)->type) {
    case EVENT_EXEC:
        return is_whole_exec(record, bytes);
    case EVENT_OPEN:
        return is_whole_open(record, bytes);
    case EVENT_DENIED:
        return is_whole_denied(record, bytes);
    case EVENT_PRIVILEGE:
        return is_whole_privilege(record, bytes);
    case EVENT_WRITE:
        return is_whole_write(record, bytes);
    case EVENT_RENAME:
        return is_whole_rename(record, bytes);
    case EVENT_DELETE:
        return is_whole_delete(record, bytes);
    case EVENT_CONNECT:
    case EVENT_DATAGRAM:
        return bytes >= sizeof(struct connect_event);
    case EVENT_EXIT:
        return bytes >= sizeof(struct exit_event);
    case EVENT_ACCEPT:
        return bytes >= sizeof(struct accept_event);
    case EVENT_BPF:
        return bytes >= sizeof(struct bpf_event);
    case EVENT_FLOW:
        return bytes >= sizeof(struct flow_event);
    default:
        return false;
    }
}

const char *record_arguments(const struct exec_event *event) {
    return event->text + event->path_bytes + event->file_bytes;
}

static const char *cgroup_name(const struct exec_event *event) {
    return record_arguments(event) + event->args_bytes;
}

/* The components come last to first. */
const char *record_cwd(const struct exec_event *event, char *path, size_t *length) {
    const char *components = cgroup_name(event) + event->cgroup_bytes;
    const char *end = components + event->cwd_bytes;
    size_t from = CWD_BYTES + 1;
    if (event->header.flags & FLAG_CWD_UNKNOWN)
        return NULL;
    for (const char *component = components; component < end;) {
        size_t bytes = strnlen(component, end - component);
        if (bytes + 1 > from)
            return NULL;
        from -= bytes;
        memcpy(path + from, component, bytes);
        path[--from] = '/';
        component += bytes + 1;
    }
    if (components == end)
        path[--from] = '/';
    *length = CWD_BYTES + 1 - from;
    return path + from;
}

static bool is_hexadecimal(char character) {
    return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f');
}

/* Runtimes name a container's cgroup by its id: 64 hexadecimal digits, bare or as in docker-ID.scope. */
const char *record_container(const struct exec_event *event) {
    const char *name = cgroup_name(event);
    size_t run = 0;
    for (size_t i = 0; i < event->cgroup_bytes; i++) {
        run = is_hexadecimal(name[i]) ? run + 1 : 0;
        bool ends = i + 1 == event->cgroup_bytes || !is_hexadecimal(name[i + 1]);
        if (run == CONTAINER_ID_BYTES && ends)
            return name + i + 1 - run;
    }
    return NULL;
}

bool record_has_auid(const struct exec_event *event) {
    return !(event->header.flags & FLAG_AUID_UNKNOWN) && event->auid != NO_AUID;
}

bool record_is_relative(const struct open_event *event) { return event->path_bytes && event->path[0] != '/'; }

bool record_given_is_relative(const struct given_path *path, const char *text) {
    return path->directory_bytes || (path->bytes && text[0] != '/');
}

bool record_may_create(const struct open_event *event) {
    return (event->flags & (O_CREAT | TMPFILE_BIT)) != 0;
}

bool record_creates(const struct bpf_event *event) {
    return (event->command == BPF_MAP_CREATE || event->command == BPF_PROG_LOAD) &&
           !(event->header.flags & FLAG_ATTR_UNREAD);
}

const char *record_privilege_call(const struct privilege_event *event) {
#define NAME(call) [CALL_##call] = #call,
    static const char *const calls[CALL_COUNT] = {EVERY_PRIVILEGE_CALL(NAME)};
    return calls[event->call];
}

const char *record_write_call(const struct write_event *event) {
#define WRITE_NAME(call, entry) [WRITE_##call] = #call,
    static const char *const calls[WRITE_CALL_COUNT] = {EVERY_WRITE_CALL(WRITE_NAME)};
    return calls[event->call];
}
