/*
 * The functions by which a C or C++ program asks the launcher to start, stop
 * and list file systems, and registers one as a service class.
 *
 * On Windows they have the names, the calling convention (cdecl) and the
 * meaning that existing programs know: such a program is linked with
 * libfslaunch.dll.a, keeps the header that it has, and is done. New programs
 * take this one; it is the same for both systems, and plain C.
 *
 * On Linux a WCHAR has 16 bits as on Windows, not those of wchar_t: L"..." is
 * none. Texts are UTF-16 and end with a NUL.
 *
 * Each function that talks to the launcher returns whether there was a
 * conversation, and writes to *PLauncherError what came of it: 0, or a Win32
 * error code. Only when the function succeeded and *PLauncherError is 0 has
 * the launcher done what was asked. PLauncherError must not be NULL.
 *
 * All functions may be called from any thread. None keeps a pointer that it
 * was given. A pointer that must not be NULL and is, a text without a NUL
 * within 2048 characters (within 32768 in a record), and a request of more
 * than 4096 bytes are FSLAUNCH_STATUS_INVALID_PARAMETER.
 */

#ifndef FSLAUNCH_H
#define FSLAUNCH_H

#ifdef _WIN32
#include <windows.h>
#include <winternl.h>
#else

/* Define this if the program has these types from elsewhere. */
#ifndef FSLAUNCH_HAVE_TYPES
typedef int NTSTATUS;          /* 32 bits, negative for a failure */
typedef unsigned int ULONG;    /* 32 bits */
typedef unsigned short WCHAR;  /* one unit of UTF-16 */
typedef unsigned char BOOLEAN; /* 0, or anything else for yes */
typedef WCHAR *PWSTR;
typedef ULONG *PULONG;
#endif

#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The launcher, or the system, did what the function is for. */
#define FSLAUNCH_STATUS_SUCCESS ((NTSTATUS)0)
/* A fault of this library. */
#define FSLAUNCH_STATUS_UNSUCCESSFUL ((NTSTATUS)0xC0000001)
/* A parameter is none that the function takes. */
#define FSLAUNCH_STATUS_INVALID_PARAMETER ((NTSTATUS)0xC000000D)
/* The system does not let the caller connect, register or delete; or the pipe
   belongs to somebody who must not have what is sent. */
#define FSLAUNCH_STATUS_ACCESS_DENIED ((NTSTATUS)0xC0000022)
/* There is no launcher; or no such record for this agent. */
#define FSLAUNCH_STATUS_OBJECT_NAME_NOT_FOUND ((NTSTATUS)0xC0000034)
/* The launcher is too busy to answer. */
#define FSLAUNCH_STATUS_PIPE_BUSY ((NTSTATUS)0xC00000AE)
/* The launcher did not answer in time. */
#define FSLAUNCH_STATUS_IO_TIMEOUT ((NTSTATUS)0xC00000B5)
/* This system has no such thing, as Linux has no drive letters. */
#define FSLAUNCH_STATUS_NOT_SUPPORTED ((NTSTATUS)0xC00000BB)
/* The launcher ended the conversation without an answer. */
#define FSLAUNCH_STATUS_PIPE_BROKEN ((NTSTATUS)0xC000014B)

/*
 * Sends any command to the launcher.
 *
 * Command: 'S' start, 'X' start with a secret, 'T' stop, 'I' information,
 *     'L' list, 'D' define or remove a drive letter (Windows only).
 * Argc, Argv: the parts of the request: class, instance, arguments. NULL
 *     elements are left out. A start has at most 9 arguments.
 * Argl: the length of each element in characters, (ULONG)-1 for up to its
 *     NUL; NULL if that is so for all. NULs at the end of a length are not
 *     part of the text, and others in it are refused.
 * Buffer, PSize: takes what the launcher answers: *PSize is the buffer's size
 *     in bytes before, and after it the bytes that the launcher sent, of
 *     which the buffer holds as many as fit; 0 when the call or the request
 *     failed. Either may be NULL; without a size nothing is written.
 * PLauncherError: takes the launcher's Win32 error, 0 for none, 109 for an
 *     answer that is no answer.
 */
NTSTATUS FspLaunchCallLauncherPipe(
    WCHAR Command, ULONG Argc, PWSTR *Argv, ULONG *Argl,
    PWSTR Buffer, PULONG PSize,
    PULONG PLauncherError);

/*
 * The same.
 *
 * AllowImpersonation: lets the launcher act as the caller, which a start
 *     needs if the class runs as its caller (RunAs '.'). Nothing else does.
 *     Linux knows the caller without.
 */
NTSTATUS FspLaunchCallLauncherPipeEx(
    WCHAR Command, ULONG Argc, PWSTR *Argv, ULONG *Argl,
    PWSTR Buffer, PULONG PSize,
    BOOLEAN AllowImpersonation, PULONG PLauncherError);

/*
 * Starts an instance.
 *
 * ClassName, InstanceName: what to start; not NULL.
 * Argc, Argv: its arguments, at most 9; NULL elements are left out.
 * HasSecret: the last argument is the secret of a class with Credentials. It
 *     goes to the program's standard input, and nowhere else.
 * PLauncherError: 2 no such class, or it can't be used; 5 not allowed, or the
 *     secret is wrong; 87 a secret is missing or not wanted; 183 it runs
 *     already; 1460 no answer to the secret in time; and others.
 */
NTSTATUS FspLaunchStart(
    PWSTR ClassName, PWSTR InstanceName, ULONG Argc, PWSTR *Argv,
    BOOLEAN HasSecret,
    PULONG PLauncherError);

/*
 * The same.
 *
 * AllowImpersonation: as for FspLaunchCallLauncherPipeEx.
 */
NTSTATUS FspLaunchStartEx(
    PWSTR ClassName, PWSTR InstanceName, ULONG Argc, PWSTR *Argv,
    BOOLEAN HasSecret,
    BOOLEAN AllowImpersonation, PULONG PLauncherError);

/*
 * Stops an instance.
 *
 * ClassName, InstanceName: what to stop; not NULL.
 * PLauncherError: 2 no such instance; 5 not allowed; and others.
 */
NTSTATUS FspLaunchStop(
    PWSTR ClassName, PWSTR InstanceName,
    PULONG PLauncherError);

/*
 * Tells of an instance: its class, its name and its command line, each with a
 * NUL.
 *
 * ClassName, InstanceName: of what to tell; not NULL.
 * Buffer, PSize: as for FspLaunchCallLauncherPipe.
 * PLauncherError: 2 no such instance; 5 not allowed; 122 longer than a
 *     message; and others.
 */
NTSTATUS FspLaunchGetInfo(
    PWSTR ClassName, PWSTR InstanceName,
    PWSTR Buffer, PULONG PSize,
    PULONG PLauncherError);

/*
 * Lists the instances: class and instance of each, each with a NUL.
 *
 * Buffer, PSize: as for FspLaunchCallLauncherPipe.
 * PLauncherError: 0, or why there is no list.
 */
NTSTATUS FspLaunchGetNameList(
    PWSTR Buffer, PULONG PSize,
    PULONG PLauncherError);

/*
 * A service class as it is registered. A text that is absent is NULL.
 */
typedef struct _FSP_LAUNCH_REG_RECORD
{
    PWSTR Agent;          /* who may use the class, by commas; NULL: all */
    PWSTR Executable;     /* full path of the program */
    PWSTR CommandLine;    /* its arguments, %1 to %9 for those of a start */
    PWSTR WorkDirectory;  /* '.' and NULL: the launcher's */
    PWSTR RunAs;          /* the account that it runs as; '.': the caller */
    PWSTR Security;       /* who may start, stop and query it, in SDDL */
    PWSTR AuthPackage;    /* authentication package of its credentials */
    PWSTR Stderr;         /* a file that its standard error goes to */
    PWSTR Reserved0[4];   /* NULL */
    ULONG JobControl;     /* 1: it ends with the launcher. Absent is 1;
                             0xFFFFFFFF writes it as absent */
    ULONG Credentials;    /* 0 none, 1 password, 3 user name and password */
    ULONG AuthPackageId;  /* the authentication package as a number, or 0 */
    ULONG Recovery;       /* 1: it is started again when it ends by itself */
    ULONG Reserved1[4];   /* 0 */
    /* the characters of the texts follow in a record that was read */
} FSP_LAUNCH_REG_RECORD;

/*
 * Registers a class, changes it, or deletes it. Takes an administrator.
 *
 * ClassName: the class; not NULL, and a name that a class can have.
 * Record: what to write. Fields that are NULL or 0 are deleted (JobControl:
 *     0xFFFFFFFF); values that are no field of the record are left alone.
 *     NULL deletes the class, which succeeds also when there was none. A
 *     record without Executable is FSLAUNCH_STATUS_INVALID_PARAMETER; on
 *     Linux so is one that could not be used.
 */
NTSTATUS FspLaunchRegSetRecord(
    PWSTR ClassName,
    const FSP_LAUNCH_REG_RECORD *Record);

/*
 * Reads the record of a class.
 *
 * ClassName: the class; not NULL.
 * Agent: who asks, or NULL: then agents play no part.
 * PRecord: takes the record, to be freed with FspLaunchRegFreeRecord; not
 *     NULL. It is set to NULL with FSLAUNCH_STATUS_OBJECT_NAME_NOT_FOUND if
 *     there is no such class, its record is of no use (it has no Executable,
 *     or a field of the wrong type), or it names agents and not this one.
 */
NTSTATUS FspLaunchRegGetRecord(
    PWSTR ClassName, PWSTR Agent,
    FSP_LAUNCH_REG_RECORD **PRecord);

/*
 * Frees a record.
 *
 * Record: what FspLaunchRegGetRecord gave. NULL, and what it did not give or
 *     was freed before, is left alone.
 */
void FspLaunchRegFreeRecord(
    FSP_LAUNCH_REG_RECORD *Record);

#ifdef __cplusplus
}
#endif

#endif
