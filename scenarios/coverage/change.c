/* Ways to change files and folders. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "place.h"

static int file = -1;

static bool prepare_open(struct operation *operation) {
    char path[PATH_ROOM];
    /* Open before it has its name, so that no open shows the token. */
    if (!path_in(operation, "unnamed", path) || !place_file(operation, path))
        return false;
    file = open(path, O_WRONLY | O_CLOEXEC);
    names_object(operation, operation->path);
    return (file >= 0 && rename(path, operation->path) == 0) || could_not(operation, "open and rename");
}

static void release_file(void) {
    close(file);
    file = -1;
}

static bool by_write(struct operation *operation) {
    return write(file, "changed\n", 8) == 8 || could_not(operation, "write");
}

static bool by_truncate(struct operation *operation) {
    return truncate(operation->path, 0) == 0 || could_not(operation, "truncate");
}

static bool paths_of_two(struct operation *operation, char from[PATH_ROOM], char to[PATH_ROOM]) {
    return path_in(operation, "old", from) && path_in(operation, "new", to);
}

/* Its token by a link or a rename, whichever is not tried. */
static bool prepare_two(struct operation *operation, bool by_link) {
    char first[PATH_ROOM], from[PATH_ROOM], to[PATH_ROOM];
    if (!path_in(operation, "unnamed", first) || !paths_of_two(operation, from, to))
        return false;
    names_objects(operation, from, to);
    if (!by_link)
        return place_file(operation, from);
    snprintf(first, sizeof(first), "%.*s/unlinked", PATH_ROOM - 16, operation->directory);
    const int made = open(first, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    close(made);
    return (made >= 0 && link(first, from) == 0 && unlink(first) == 0) ||
           could_not(operation, "making a file");
}

static bool prepare_rename(struct operation *operation) { return prepare_two(operation, true); }
static bool prepare_link(struct operation *operation) { return prepare_two(operation, false); }

static bool by_rename(struct operation *operation) {
    char from[PATH_ROOM], to[PATH_ROOM];
    return paths_of_two(operation, from, to) && (rename(from, to) == 0 || could_not(operation, "rename"));
}

static bool by_link(struct operation *operation) {
    char from[PATH_ROOM], to[PATH_ROOM];
    return paths_of_two(operation, from, to) && (link(from, to) == 0 || could_not(operation, "link"));
}

static bool by_unlink(struct operation *operation) {
    return unlink(operation->path) == 0 || could_not(operation, "unlink");
}

static bool by_chmod(struct operation *operation) {
    return chmod(operation->path, 04755) == 0 || could_not(operation, "chmod");
}

static bool by_chown(struct operation *operation) {
    return chown(operation->path, 65534, 65534) == 0 || could_not(operation, "chown");
}

static bool prepare_name(struct operation *operation) {
    names_object(operation, operation->path);
    return true;
}

static bool by_mkdir(struct operation *operation) {
    return mkdir(operation->path, 0755) == 0 || could_not(operation, "mkdir");
}

static bool by_attribute(struct operation *operation) {
    return setxattr(operation->path, "user.tare", "1", 1, 0) == 0 || could_not(operation, "setxattr");
}

const struct technique CHANGE_TECHNIQUES[] = {
    {"change-write", prepare_open, by_write, release_file},
    {"change-truncate", prepare_file, by_truncate, NULL},
    {"change-rename", prepare_rename, by_rename, NULL},
    {"change-link", prepare_link, by_link, NULL},
    {"change-unlink", prepare_file, by_unlink, NULL},
    {"change-chmod", prepare_file, by_chmod, NULL},
    {"change-chown", prepare_file, by_chown, NULL},
    {"change-mkdir", prepare_name, by_mkdir, NULL},
    {"change-xattr", prepare_file, by_attribute, NULL},
    {NULL, NULL, NULL, NULL},
};
