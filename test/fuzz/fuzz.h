#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * fuzz - what the programs share that libFuzzer drives. A condition that does not hold ends
 * the program, and libFuzzer keeps the input.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

#define FUZZ_EXPECT(condition)                                                                     \
    do {                                                                                           \
        if (!(condition))                                                                          \
            __builtin_trap();                                                                      \
    } while (0)

/* Touch every byte. */
static inline void
fuzz_read(const uint8_t *data, size_t length)
{
    volatile uint8_t sum = 0;

    while (length-- > 0)
        sum = (uint8_t)(sum ^ data[length]);
}

/* Touch every byte of a string up to its NUL; NULL is no string. */
static inline size_t
fuzz_touch(const char *string)
{
    return string == NULL ? 0 : strlen(string);
}

#endif
