/* Every function of the library on Windows, against a launcher in this very
 * process that answers what it is told to. */

#include "scripted.h"

/* An answer, in which there is a NUL at the end of each text. */
static WCHAR buffer[64];
static ULONG size;

static void fill(ULONG bytes)
{
    memset(buffer, 0x55, sizeof buffer);
    size = bytes;
}

static void starts(void)
{
    PWSTR arguments[] = {L"\\memfs64\\share", 0, L"Z:"};
    PWSTR many[] = {L"1", L"2", L"3", L"4", L"5", L"6", L"7", L"8", L"9", L"10"};

    ANSWER("$");
    OUTCOME(FspLaunchStart(L"memfs64", L"share", 3, arguments, FALSE, &launcher_error), 0, 0);
    CHECK(HEARD("Smemfs64\0share\0\\memfs64\\share\0Z:\0"));

    ANSWER("$");
    OUTCOME(FspLaunchStart(L"memfs64", L"", 0, 0, FALSE, &launcher_error), 0, 0);
    CHECK(HEARD("Smemfs64\0\0"));

    ANSWER("!5\0");
    OUTCOME(FspLaunchStart(L"sshfs", L"s", 3, arguments, TRUE, &launcher_error), 0, 5);
    CHECK(HEARD("Xsshfs\0s\0\\memfs64\\share\0Z:\0"));

    ANSWER("$");
    OUTCOME(FspLaunchStart(L"a", L"b", 9, many, 2, &launcher_error), 0, 0);
    CHECK(HEARD("Xa\0b\0001\0002\0003\0004\0005\0006\0007\0008\0009\0"));

    OUTCOME(FspLaunchStart(L"a", L"b", 10, many, FALSE, &launcher_error),
        STATUS_INVALID_PARAMETER, 0);
    OUTCOME(FspLaunchStart(0, L"b", 0, 0, FALSE, &launcher_error), STATUS_INVALID_PARAMETER, 0);
    OUTCOME(FspLaunchStart(L"a", 0, 0, 0, FALSE, &launcher_error), STATUS_INVALID_PARAMETER, 0);
    OUTCOME(FspLaunchStart(L"a", L"b", 1, 0, FALSE, &launcher_error), STATUS_INVALID_PARAMETER, 0);
    CHECK(FspLaunchStart(L"a", L"b", 0, 0, FALSE, 0) == (NTSTATUS)STATUS_INVALID_PARAMETER);
}

static void impersonation(void)
{
    ANSWER("$");
    OUTCOME(FspLaunchStartEx(L"a", L"b", 0, 0, FALSE, TRUE, &launcher_error), 0, 0);
    CHECK(HEARD("Sa\0b\0"));
    CHECK(is_wine() || heard_level == SecurityImpersonation);

    ANSWER("$");
    OUTCOME(FspLaunchStartEx(L"a", L"b", 0, 0, FALSE, FALSE, &launcher_error), 0, 0);
    CHECK(HEARD("Sa\0b\0"));
    CHECK(is_wine() || heard_level == SecurityIdentification);

    ANSWER("$");
    OUTCOME(FspLaunchCallLauncherPipeEx(L'L', 0, 0, 0, 0, 0, TRUE, &launcher_error), 0, 0);
    CHECK(HEARD("L"));
    CHECK(is_wine() || heard_level == SecurityImpersonation);
}

static void stops(void)
{
    ANSWER("$");
    OUTCOME(FspLaunchStop(L"memfs64", L"share", &launcher_error), 0, 0);
    CHECK(HEARD("Tmemfs64\0share\0"));

    ANSWER("!2\0");
    OUTCOME(FspLaunchStop(L"memfs64", L"share", &launcher_error), 0, 2);
    over();

    OUTCOME(FspLaunchStop(0, L"share", &launcher_error), STATUS_INVALID_PARAMETER, 0);
    OUTCOME(FspLaunchStop(L"memfs64", 0, &launcher_error), STATUS_INVALID_PARAMETER, 0);
    CHECK(FspLaunchStop(L"a", L"b", 0) == (NTSTATUS)STATUS_INVALID_PARAMETER);
}

static void tells(void)
{
    static const WCHAR info[] = L"a\0b\0c d";
    ULONG bytes = sizeof info;

    fill(sizeof buffer);
    ANSWER("$a\0b\0c d\0");
    OUTCOME(FspLaunchGetInfo(L"a", L"b", buffer, &size, &launcher_error), 0, 0);
    CHECK(HEARD("Ia\0b\0"));
    CHECK(size == bytes && !memcmp(buffer, info, bytes) && buffer[8] == 0x5555);

    /* A buffer that is too small, down to a byte: what fits, and how much there is. */
    fill(5);
    ANSWER("$a\0b\0c d\0");
    OUTCOME(FspLaunchGetInfo(L"a", L"b", buffer, &size, &launcher_error), 0, 0);
    over();
    CHECK(size == bytes && !memcmp(buffer, info, 5) && ((BYTE *)buffer)[5] == 0x55);

    fill(0);
    ANSWER("$a\0b\0c d\0");
    OUTCOME(FspLaunchGetInfo(L"a", L"b", buffer, &size, &launcher_error), 0, 0);
    over();
    CHECK(size == bytes && buffer[0] == 0x5555);

    /* No buffer, or no size. */
    fill(77);
    ANSWER("$a\0b\0c d\0");
    OUTCOME(FspLaunchGetInfo(L"a", L"b", 0, &size, &launcher_error), 0, 0);
    over();
    CHECK(size == bytes);
    ANSWER("$a\0b\0c d\0");
    OUTCOME(FspLaunchGetInfo(L"a", L"b", buffer, 0, &launcher_error), 0, 0);
    over();
    CHECK(buffer[0] == 0x5555);

    /* A refusal, and a call that can't be made, have no bytes. */
    fill(sizeof buffer);
    ANSWER("!122\0");
    OUTCOME(FspLaunchGetInfo(L"a", L"b", buffer, &size, &launcher_error), 0, 122);
    over();
    CHECK(size == 0 && buffer[0] == 0x5555);
    fill(sizeof buffer);
    OUTCOME(FspLaunchGetInfo(0, L"b", buffer, &size, &launcher_error), STATUS_INVALID_PARAMETER, 0);
    CHECK(size == 0);
    fill(sizeof buffer);
    CHECK(FspLaunchGetInfo(L"a", L"b", buffer, &size, 0) == (NTSTATUS)STATUS_INVALID_PARAMETER);
    CHECK(size == 0);
}

static void lists(void)
{
    fill(sizeof buffer);
    ANSWER("$a\0b\0");
    OUTCOME(FspLaunchGetNameList(buffer, &size, &launcher_error), 0, 0);
    CHECK(HEARD("L"));
    CHECK(size == 8 && same(buffer, L"a") && same(buffer + 2, L"b"));

    fill(sizeof buffer);
    ANSWER("$");
    OUTCOME(FspLaunchGetNameList(buffer, &size, &launcher_error), 0, 0);
    over();
    CHECK(size == 0);

    fill(sizeof buffer);
    CHECK(FspLaunchGetNameList(buffer, &size, 0) == (NTSTATUS)STATUS_INVALID_PARAMETER);
    CHECK(size == 0);

    /* As much as a message can hold. */
    {
        static WCHAR whole[2048], longest[2048];
        ULONG room = sizeof longest;
        int place;
        for (place = 0; place < 2048; place++)
            whole[place] = place % 2 ? 0 : L'x';
        whole[0] = L'$';
        CHECK(listen_as(ours, whole, sizeof whole));
        OUTCOME(FspLaunchGetNameList(longest, &room, &launcher_error), 0, 0);
        over();
        CHECK(room == 4094 && !memcmp(longest, whole + 1, room));
    }
}

static void any_command(void)
{
    WCHAR unended[] = {L'x', L'y', L'z'};
    WCHAR two[] = {L'a', 0, L'b'};
    PWSTR parts[] = {L"abc", 0, unended, L"d"};
    ULONG lengths[] = {(ULONG)-1, 5, 2, 2};
    PWSTR split[] = {two};
    ULONG three = 3, huge = 0x7FFFFFFF;

    /* Lengths count characters; NULs at the end are not part of the text. */
    fill(sizeof buffer);
    ANSWER("$ok\0");
    OUTCOME(FspLaunchCallLauncherPipe(L'D', 4, parts, lengths, buffer, &size, &launcher_error), 0, 0);
    CHECK(HEARD("Dabc\0xy\0d\0"));
    CHECK(size == 6 && same(buffer, L"ok"));
    CHECK(is_wine() || heard_level == SecurityIdentification);

    OUTCOME(FspLaunchCallLauncherPipe(L'T', 1, split, &three, 0, 0, &launcher_error),
        STATUS_INVALID_PARAMETER, 0);
    OUTCOME(FspLaunchCallLauncherPipe(L'T', 1, split, &huge, 0, 0, &launcher_error),
        STATUS_INVALID_PARAMETER, 0);
    OUTCOME(FspLaunchCallLauncherPipe(L'T', 0xFFFFFFFF, split, 0, 0, 0, &launcher_error),
        STATUS_INVALID_PARAMETER, 0);
    OUTCOME(FspLaunchCallLauncherPipe(L'T', 1, 0, 0, 0, 0, &launcher_error),
        STATUS_INVALID_PARAMETER, 0);

    /* Half a surrogate pair is no business of ours. */
    {
        WCHAR half[] = {0xD800, 0};
        PWSTR odd[] = {half};
        static const WCHAR sent[] = {L'T', 0xD800, 0};
        ANSWER("!87\0");
        OUTCOME(FspLaunchCallLauncherPipe(L'T', 1, odd, 0, 0, 0, &launcher_error), 0, 87);
        over();
        CHECK(heard_bytes == sizeof sent && !memcmp(heard, sent, sizeof sent));
    }
}

static void limits(void)
{
    static WCHAR text[4096];
    PWSTR parts[12];
    int place;
    for (place = 0; place < 4096; place++)
        text[place] = L'x';
    for (place = 0; place < 12; place++)
        parts[place] = L"1";

    /* 4096 bytes: the command, 2046 characters and a NUL. */
    text[2046] = 0;
    ANSWER("$");
    OUTCOME(FspLaunchCallLauncherPipe(L'I', 1, (PWSTR[]){text}, 0, 0, 0, &launcher_error), 0, 0);
    over();
    CHECK(heard_bytes == 4096);
    text[2046] = L'x', text[2047] = 0;
    OUTCOME(FspLaunchCallLauncherPipe(L'I', 1, (PWSTR[]){text}, 0, 0, 0, &launcher_error),
        STATUS_INVALID_PARAMETER, 0);

    /* A text without an end. */
    text[2047] = L'x';
    OUTCOME(FspLaunchStop(text, L"b", &launcher_error), STATUS_INVALID_PARAMETER, 0);

    /* Class, instance and nine arguments; others may have more parts. */
    OUTCOME(FspLaunchCallLauncherPipe(L'S', 12, parts, 0, 0, 0, &launcher_error),
        STATUS_INVALID_PARAMETER, 0);
    OUTCOME(FspLaunchCallLauncherPipe(L'X', 12, parts, 0, 0, 0, &launcher_error),
        STATUS_INVALID_PARAMETER, 0);
    ANSWER("$");
    OUTCOME(FspLaunchCallLauncherPipe(L'T', 12, parts, 0, 0, 0, &launcher_error), 0, 0);
    over();
}

static void bad_answers(void)
{
    ANSWER("?");
    OUTCOME(FspLaunchGetNameList(0, 0, &launcher_error), 0, 109);
    over();
    ANSWER("!x\0");
    OUTCOME(FspLaunchGetNameList(0, 0, &launcher_error), 0, 109);
    over();
    ANSWER("!0\0");
    OUTCOME(FspLaunchGetNameList(0, 0, &launcher_error), 0, 109);
    over();

    /* None at all. */
    fill(sizeof buffer);
    CHECK(listen_as(ours, "", 0));
    OUTCOME(FspLaunchGetNameList(buffer, &size, &launcher_error), FSLAUNCH_STATUS_PIPE_BROKEN, 0);
    over();
    CHECK(size == 0);

    /* One that is longer than any launcher's. */
    {
        static BYTE longer[4098] = "$";
        fill(sizeof buffer);
        CHECK(listen_as(ours, longer, sizeof longer));
        launcher_error = 1;
        CHECK(FspLaunchGetNameList(buffer, &size, &launcher_error) < 0);
        over();
        CHECK(size == 0 && launcher_error == 0);
    }
}

static void no_launcher(void)
{
    fill(sizeof buffer);
    OUTCOME(FspLaunchGetNameList(buffer, &size, &launcher_error),
        FSLAUNCH_STATUS_OBJECT_NAME_NOT_FOUND, 0);
    CHECK(size == 0);
}

/* Somebody else has the only instance of the pipe, and does not let go. */
static void busy(void)
{
    HANDLE first;
    CHECK(listen_as(ours, L"$", 2));
    first = CreateFileW(pipe_name, GENERIC_READ | FILE_WRITE_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE,
        0, OPEN_EXISTING, 0, 0);
    CHECK(first != INVALID_HANDLE_VALUE);
    fill(sizeof buffer);
    OUTCOME(FspLaunchGetNameList(buffer, &size, &launcher_error), FSLAUNCH_STATUS_PIPE_BUSY, 0);
    CHECK(size == 0);
    CloseHandle(first);
    over();
}

/* A pipe of somebody else gets nothing. */
static void stranger(void)
{
    if (!listen_as(L"O:S-1-5-21-1-2-3-1001D:(A;;GA;;;WD)", L"$", 2))
    {
        printf("NOTE: this system lets nobody give a pipe away (error %lu)\n", GetLastError());
        return;
    }
    fill(sizeof buffer);
    OUTCOME(FspLaunchGetNameList(buffer, &size, &launcher_error), FSLAUNCH_STATUS_ACCESS_DENIED, 0);
    nobody_spoke();
    CHECK(size == 0);
}

static void panics(void)
{
    HMODULE library = GetModuleHandleW(L"fslaunch.dll");
    NTSTATUS (*panic)(void) = (NTSTATUS(*)(void))(void *)GetProcAddress(library, "FslaunchTestPanic");
    CHECK(panic != 0);
    CHECK(panic && panic() == FSLAUNCH_STATUS_UNSUCCESSFUL);
    CHECK(panic && panic() == FSLAUNCH_STATUS_UNSUCCESSFUL);
}

int main(void)
{
    setvbuf(stdout, 0, _IONBF, 0);
    scripted();
    no_launcher();
    starts();
    impersonation();
    stops();
    tells();
    lists();
    any_command();
    limits();
    bad_answers();
    stranger();
    busy();
    no_launcher();
    panics();
    return verdict();
}
