/* What the test programs in C have in common: checks that count. */

#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <string.h>

#include "fslaunch.h"

/* Texts in UTF-16. */
#ifdef _WIN32
#define T(text) ((PWSTR)L##text)
#else
#define T(text) ((PWSTR)u##text)
#endif

static int checks, failed;

#define CHECK(condition)                                                   \
    do                                                                     \
    {                                                                      \
        checks++;                                                          \
        if (!(condition))                                                  \
        {                                                                  \
            failed++;                                                      \
            printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
        }                                                                  \
    } while (0)

/* The two numbers that a call ends with: its status, and the launcher's error. */
#define OUTCOME(call, status, error)                                             \
    do                                                                           \
    {                                                                            \
        NTSTATUS outcome;                                                        \
        launcher_error = 0xABCD;                                                 \
        outcome = (call);                                                        \
        checks++;                                                                \
        if (outcome != (NTSTATUS)(status) || launcher_error != (ULONG)(error))   \
        {                                                                        \
            failed++;                                                            \
            printf("%s:%d: status %#lx, error %lu: %s\n", __FILE__, __LINE__,    \
                (unsigned long)(unsigned)outcome, (unsigned long)launcher_error, \
                #call);                                                          \
        }                                                                        \
    } while (0)

ULONG launcher_error;

static inline int same(const WCHAR *one, const WCHAR *other)
{
    if (!one || !other)
        return one == other;
    while (*one && *one == *other)
        one++, other++;
    return *one == *other;
}

/* The last line, and the exit code. */
static int verdict(void)
{
    printf("%d checks, %d failed\n", checks, failed);
    return failed || !checks;
}

#endif
