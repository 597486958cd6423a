import { defineScenario, runsOf, TAKES_LONG } from "../src/domain/scenario.ts";

/** Each file includes what most programs do: most of a small compilation is opening and reading headers. */
const SOURCES = `
number=0
while [ $number -lt 300 ]; do
  printf '#include <stdio.h>\\n#include <stdlib.h>\\nint part_%d(int n) { return n < 2 ? printf("%%d", n) : abs(n) + %d; }\\n' \\
    $number $number >part-$number.c
  number=$((number + 1))
done
printf 'all: $(patsubst %%.c,%%.o,$(wildcard *.c))\\n%%.o: %%.c\\n\\t$(CC) -O1 -c -o $@ $<\\n' >Makefile`;

export default defineScenario({
  id: "macro-make",
  title: "Build",
  summary: "make, two jobs at a time, of 300 C files: some 900 processes",
  operations: ["run"],
  driver: {
    kind: "command",
    needs: { make: "make", cc: "gcc libc6-dev" },
    preparation: SOURCES,
    run: "make --silent --always-make --jobs=2",
  },
  optIn: TAKES_LONG,
  secondsEach: 5,
  loads: runsOf(1),
});
