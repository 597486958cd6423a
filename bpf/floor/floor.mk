# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Part of ../Makefile: the floor, into $(OUT)/floor. tare-floor finds its objects beside itself, under the names that the sensor's
# have in theirs.

FLOOR := $(OUT)/floor
FLOOR_OBJECTS := $(patsubst floor/%.bpf.c,$(FLOOR)/%.bpf.o,$(wildcard floor/*.bpf.c))

all: $(FLOOR_OBJECTS) $(if $(WITH_PROGRAMS),$(FLOOR)/tare-floor)

$(FLOOR)/%.bpf.o: floor/%.bpf.c Makefile $(wildcard *.h floor/*.h floor/*.mk) | $(FLOOR)
	$(CLANG) -target bpf -D__TARGET_ARCH_$(ARCH) -O2 -g $(WARN) -Wno-unused-parameter $(INCLUDE) -c $< -o $@

$(FLOOR)/%.o: floor/%.c Makefile $(wildcard *.h floor/*.h calibration/*.h floor/*.mk) | $(FLOOR)
	$(CC) -std=gnu11 $(CPPFLAGS) $(CFLAGS) $(WARN) -c $< -o $@

$(FLOOR)/tare-floor: $(FLOOR)/floor.o $(CALIBRATION_PARTS)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -Wl,-Bstatic -lbpf -Wl,-Bdynamic -lelf -lz -o $@

$(FLOOR):
	mkdir -p $@
