# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Part of ../Makefile: the calibration programs, into $(OUT)/calibration. tare-dose finds its objects beside itself, under the
# names that the sensor's have in theirs.

CALIBRATION := $(OUT)/calibration
DOSE_OBJECTS := $(patsubst calibration/%,$(CALIBRATION)/%,$(patsubst %.bpf.c,%.bpf.o,$(wildcard calibration/*.bpf.c)))
CALIBRATION_PROGRAMS := $(addprefix $(CALIBRATION)/tare-,dose discard hold)
# What they share with each other and with the sensor.
CALIBRATION_PARTS := $(CALIBRATION)/report.o $(addprefix $(OUT)/,source.o rings.o policy-maps.o family.o counts.o message.o signals.o)

all: $(DOSE_OBJECTS) $(if $(WITH_PROGRAMS),$(CALIBRATION_PROGRAMS))

# Kept, so that a second make has nothing to do.
.SECONDARY: $(patsubst calibration/%.c,$(CALIBRATION)/%.o,$(filter-out %.bpf.c,$(wildcard calibration/*.c)))

$(CALIBRATION)/%.bpf.o: calibration/%.bpf.c %.bpf.c Makefile $(wildcard *.h calibration/*.h calibration/*.mk) | $(CALIBRATION)
	$(CLANG) -target bpf -D__TARGET_ARCH_$(ARCH) -O2 -g $(WARN) -Wno-unused-parameter $(INCLUDE) -c $< -o $@

$(CALIBRATION)/%.o: calibration/%.c Makefile $(wildcard *.h calibration/*.h calibration/*.mk) | $(CALIBRATION)
	$(CC) -std=gnu11 $(CPPFLAGS) $(CFLAGS) $(WARN) -c $< -o $@

$(CALIBRATION)/tare-%: $(CALIBRATION)/%.o $(CALIBRATION_PARTS)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -Wl,-Bstatic -lbpf -Wl,-Bdynamic -lelf -lz -o $@

$(CALIBRATION):
	mkdir -p $@
