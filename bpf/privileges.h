/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the sensor may still do once its programs are attached. */
#ifndef TARE_PRIVILEGES_H
#define TARE_PRIVILEGES_H

/*
 * Gives up every capability but CAP_BPF, without which kernels with kernel.unprivileged_bpf_disabled do not
 * let even the owner of a map read its counters, and every way to get one back. Leaves with code 1 when the
 * kernel refuses.
 */
void drop_privileges(void);

#endif
