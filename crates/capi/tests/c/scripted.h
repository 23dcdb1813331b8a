/* A launcher of which everything is known beforehand: it takes one message,
 * keeps it, and answers what it was told to. */

#ifndef SCRIPTED_H
#define SCRIPTED_H

#include "check.h"

#include <sddl.h>
#include <wchar.h>

#define PATIENCE 20000 /* milliseconds */

static WCHAR pipe_name[80], ours[256];
static HANDLE pipe_handle = INVALID_HANDLE_VALUE, server;

/* What it was sent, in bytes, and how far the client let itself be known. */
static BYTE heard[8192];
static DWORD heard_bytes;
static int heard_level;

/* What it answers; nothing at all if there are no bytes. */
static BYTE answer[8192];
static DWORD answer_bytes;

/* How far the client lets itself be impersonated; -1 if it does not tell. */
static int level_of_client(void)
{
    HANDLE token;
    SECURITY_IMPERSONATION_LEVEL level = (SECURITY_IMPERSONATION_LEVEL)-1;
    DWORD size;
    if (!ImpersonateNamedPipeClient(pipe_handle))
        return -1;
    if (OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token))
    {
        GetTokenInformation(token, TokenImpersonationLevel, &level, sizeof level, &size);
        CloseHandle(token);
    }
    RevertToSelf();
    return (int)level;
}

static DWORD WINAPI converse(void *unused)
{
    DWORD written;
    (void)unused;
    if (!ConnectNamedPipe(pipe_handle, 0) && GetLastError() != ERROR_PIPE_CONNECTED)
        return 1;
    heard_bytes = 0;
    if (ReadFile(pipe_handle, heard, sizeof heard, &heard_bytes, 0))
    {
        heard_level = level_of_client();
        if (answer_bytes && WriteFile(pipe_handle, answer, answer_bytes, &written, 0))
            FlushFileBuffers(pipe_handle);
    }
    DisconnectNamedPipe(pipe_handle);
    return 0;
}

/* Listens for one conversation, with a descriptor. Returns whether the system
 * allows that. */
static int listen_as(const WCHAR *descriptor, const void *bytes, DWORD size)
{
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, 0, FALSE};
    memcpy(answer, bytes, size);
    answer_bytes = size;
    heard_bytes = 0;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
            descriptor, SDDL_REVISION_1, &attributes.lpSecurityDescriptor, 0))
        return 0;
    pipe_handle = CreateNamedPipeW(pipe_name,
        PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE,
        PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
        PIPE_UNLIMITED_INSTANCES, 4096, 4096, 0, &attributes);
    LocalFree(attributes.lpSecurityDescriptor);
    if (pipe_handle == INVALID_HANDLE_VALUE)
        return 0;
    server = CreateThread(0, 0, converse, 0, 0, 0);
    return server != 0;
}

/* Listens for one conversation, and answers a text with all its NULs. */
#define ANSWER(text) CHECK(listen_as(ours, L##text, sizeof L##text - sizeof(WCHAR)))

/* The conversation is over: what was heard is complete. */
static void over(void)
{
    CHECK(WaitForSingleObject(server, PATIENCE) == WAIT_OBJECT_0);
    CloseHandle(server);
    CloseHandle(pipe_handle);
}

/* Nobody came: the client went away without a word, or never was there. */
static void nobody_spoke(void)
{
    CHECK(heard_bytes == 0);
    if (WaitForSingleObject(server, 0) != WAIT_OBJECT_0)
    {
        HANDLE client = CreateFileW(pipe_name, GENERIC_READ, 0, 0, OPEN_EXISTING, 0, 0);
        if (client != INVALID_HANDLE_VALUE)
            CloseHandle(client);
    }
    over();
    CHECK(heard_bytes == 0);
}

/* Whether this is what was heard, with all its NULs. */
#define HEARD(text)                                         \
    (over(), heard_bytes == sizeof L##text - sizeof(WCHAR) && \
        !memcmp(heard, L##text, heard_bytes))

/* Under Wine the server gets its own token instead of the client's. */
static int is_wine(void)
{
    return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != 0;
}

/* A pipe that belongs to who runs this: Wine gives one no owner by itself. */
static void descriptor_of_ours(void)
{
    union
    {
        TOKEN_USER user;
        BYTE bytes[256];
    } token_user;
    HANDLE token;
    DWORD size;
    WCHAR *sid = 0;
    CHECK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    CHECK(GetTokenInformation(token, TokenUser, &token_user, sizeof token_user, &size));
    CHECK(ConvertSidToStringSidW(token_user.user.User.Sid, &sid));
    swprintf(ours, 256, L"O:%lsD:(A;;GA;;;WD)", sid);
    LocalFree(sid);
    CloseHandle(token);
}

/* From here on the library asks the launcher that is in this process. */
static void scripted(void)
{
    descriptor_of_ours();
    swprintf(pipe_name, 80, L"\\\\.\\pipe\\fslaunch-capi-test-%lu", GetCurrentProcessId());
    CHECK(SetEnvironmentVariableW(L"FSLAUNCH_TEST_PIPE", pipe_name));
}

#endif
