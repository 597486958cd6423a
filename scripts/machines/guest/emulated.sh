#!/bin/sh
# For `.` in a guest whose CPU QEMU emulates, before any Node is started there. V8 compiles and collects garbage on threads of its own, and with
# several emulated CPUs Node dies of that now and then, in its first seconds, by SIGTRAP or SIGSEGV (docs/adr/0025-node-under-emulation.md).
export TARE_NODE_FLAGS=--single-threaded
