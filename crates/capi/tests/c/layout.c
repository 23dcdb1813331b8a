/* The record is what existing programs were compiled with: 12 pointers, then
 * 8 numbers of 32 bits. Prints what the compiler makes of it. */

#include <stddef.h>
#include <stdio.h>

#include "fslaunch.h"

#define POINTER sizeof(void *)
#define AT(field) offsetof(FSP_LAUNCH_REG_RECORD, field)

_Static_assert(sizeof(NTSTATUS) == 4 && (NTSTATUS)-1 < 0, "NTSTATUS");
_Static_assert(sizeof(ULONG) == 4 && (ULONG)-1 > 0, "ULONG");
_Static_assert(sizeof(WCHAR) == 2, "WCHAR");
_Static_assert(sizeof(BOOLEAN) == 1, "BOOLEAN");
_Static_assert(AT(Agent) == 0, "Agent");
_Static_assert(AT(Executable) == POINTER, "Executable");
_Static_assert(AT(CommandLine) == 2 * POINTER, "CommandLine");
_Static_assert(AT(WorkDirectory) == 3 * POINTER, "WorkDirectory");
_Static_assert(AT(RunAs) == 4 * POINTER, "RunAs");
_Static_assert(AT(Security) == 5 * POINTER, "Security");
_Static_assert(AT(AuthPackage) == 6 * POINTER, "AuthPackage");
_Static_assert(AT(Stderr) == 7 * POINTER, "Stderr");
_Static_assert(AT(Reserved0) == 8 * POINTER, "Reserved0");
_Static_assert(AT(JobControl) == 12 * POINTER, "JobControl");
_Static_assert(AT(Credentials) == 12 * POINTER + 4, "Credentials");
_Static_assert(AT(AuthPackageId) == 12 * POINTER + 8, "AuthPackageId");
_Static_assert(AT(Recovery) == 12 * POINTER + 12, "Recovery");
_Static_assert(AT(Reserved1) == 12 * POINTER + 16, "Reserved1");
_Static_assert(sizeof(FSP_LAUNCH_REG_RECORD) == 12 * POINTER + 32, "size");

int main(void)
{
    printf("%d %d %d %d %d\n", (int)AT(Agent), (int)AT(Reserved0), (int)AT(JobControl),
        (int)AT(Reserved1), (int)sizeof(FSP_LAUNCH_REG_RECORD));
    return 0;
}
