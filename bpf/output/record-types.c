/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record-types.h"

#define ROW(type, name) [type] = {#name, name##_is_whole, name##_to_json, name##_to_protobuf},
static const struct record_type RECORD_TYPES[EVENT_TYPE_COUNT] = {EVERY_EVENT(ROW)};

const struct record_type *record_type(const void *record, size_t bytes) {
    const struct event_header *header = record;
    if (bytes < sizeof(*header) || header->type == EVENT_NONE || header->type >= EVENT_TYPE_COUNT)
        return NULL;
    const struct record_type *type = &RECORD_TYPES[header->type];
    return type->is_whole(record, bytes) ? type : NULL;
}

#define FIXED_SIZE(name)                                                                                     \
    bool name##_is_whole(const void *record, size_t bytes) {                                                 \
        (void)record;                                                                                        \
        return bytes >= sizeof(struct name##_event);                                                         \
    }
FIXED_SIZE(connect)
FIXED_SIZE(exit)
FIXED_SIZE(accept)
FIXED_SIZE(bpf)
FIXED_SIZE(flow)

bool exec_is_whole(const void *record, size_t bytes) {
    const struct exec_event *event = record;
    return bytes >= offsetof(struct exec_event, text) &&
           bytes - offsetof(struct exec_event, text) >=
               (size_t)event->path_bytes + event->args_bytes + event->cgroup_bytes + event->cwd_bytes;
}

bool open_is_whole(const void *record, size_t bytes) {
    const struct open_event *event = record;
    return bytes >= offsetof(struct open_event, path) &&
           bytes - offsetof(struct open_event, path) >= event->path_bytes;
}

bool denied_is_whole(const void *record, size_t bytes) {
    const struct denied_event *event = record;
    return bytes >= offsetof(struct denied_event, path) &&
           bytes - offsetof(struct denied_event, path) >= event->path_bytes;
}

bool privilege_is_whole(const void *record, size_t bytes) {
    const struct privilege_event *event = record;
    return bytes >= sizeof(*event) && event->call < CALL_COUNT;
}
