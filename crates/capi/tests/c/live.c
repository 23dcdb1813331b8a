/* The library against a launcher that really runs, on either system:
 *
 *     live CLASS INSTANCE EXECUTABLE
 *
 * CLASS is one whose file system takes any two arguments and goes on until it
 * is stopped; EXECUTABLE a program that can be registered. */

#include <stdlib.h>
#ifndef _WIN32
#include <unistd.h>
#endif

#include "check.h"

#define DEADLINE 20000 /* milliseconds */

static void moment(void)
{
#ifdef _WIN32
    Sleep(10);
#else
    usleep(10000);
#endif
}

/* A word of the command line, all of it ASCII, in UTF-16. */
static PWSTR wide(const char *word)
{
    size_t place, length = strlen(word);
    PWSTR text = calloc(length + 1, sizeof *text);
    for (place = 0; place < length; place++)
        text[place] = (WCHAR)word[place];
    return text;
}

/* Whether the list has this instance. */
static int listed(PWSTR class_name, PWSTR instance)
{
    static WCHAR list[2048];
    ULONG size = sizeof list, place = 0, texts = 0;
    int previous = 0, found = 0;
    OUTCOME(FspLaunchGetNameList(list, &size, &launcher_error), 0, 0);
    size /= sizeof(WCHAR);
    while (place < size)
    {
        int is_instance = texts++ % 2;
        found |= is_instance && previous && same(list + place, instance);
        previous = !is_instance && same(list + place, class_name);
        while (place < size && list[place])
            place++;
        place++;
    }
    CHECK(texts % 2 == 0);
    return found;
}

static void one_life(PWSTR class_name, PWSTR instance)
{
    WCHAR info[512];
    ULONG size = sizeof info, whole;
    PWSTR arguments[] = {T("one"), 0, T("two words")};
    int waited;

    CHECK(!listed(class_name, instance));
    OUTCOME(FspLaunchStop(class_name, instance, &launcher_error), 0, 2);
    OUTCOME(FspLaunchStart(class_name, instance, 3, arguments, 0, &launcher_error), 0, 0);
    OUTCOME(FspLaunchStart(class_name, instance, 3, arguments, 0, &launcher_error), 0, 183);
    CHECK(listed(class_name, instance));

    OUTCOME(FspLaunchGetInfo(class_name, instance, info, &size, &launcher_error), 0, 0);
    CHECK(size > 0 && size < sizeof info && same(info, class_name));
    whole = size, size = 3;
    memset(info, 0, sizeof info);
    OUTCOME(FspLaunchGetInfo(class_name, instance, info, &size, &launcher_error), 0, 0);
    CHECK(size == whole && info[0] == class_name[0] && (info[1] & 0xFF00) == 0);

    OUTCOME(FspLaunchStop(class_name, instance, &launcher_error), 0, 0);
    for (waited = 0; waited < DEADLINE && listed(class_name, instance); waited += 10)
        moment();
    CHECK(!listed(class_name, instance));
}

static void refusals(PWSTR class_name, PWSTR instance)
{
    WCHAR buffer[8];
    ULONG size = sizeof buffer;
    PWSTR secret[] = {T("hunter2")};
    PWSTR many[10];
    int place;
    for (place = 0; place < 10; place++)
        many[place] = T("x");

    OUTCOME(FspLaunchStart(T("no such class"), instance, 0, 0, 0, &launcher_error), 0, 2);
    OUTCOME(FspLaunchStart(class_name, instance, 1, secret, 1, &launcher_error), 0, 87);
    OUTCOME(FspLaunchGetInfo(class_name, T("nobody"), buffer, &size, &launcher_error), 0, 2);
    CHECK(size == 0);
    size = sizeof buffer;
    OUTCOME(FspLaunchCallLauncherPipe('Z', 0, 0, 0, buffer, &size, &launcher_error), 0, 87);
    CHECK(size == 0);
    OUTCOME(FspLaunchStart(class_name, instance, 10, many, 0, &launcher_error),
        FSLAUNCH_STATUS_INVALID_PARAMETER, 0);
    OUTCOME(FspLaunchStart(0, instance, 0, 0, 0, &launcher_error),
        FSLAUNCH_STATUS_INVALID_PARAMETER, 0);
    CHECK(FspLaunchStop(class_name, instance, 0) == FSLAUNCH_STATUS_INVALID_PARAMETER);
}

static void registers(PWSTR executable)
{
    FSP_LAUNCH_REG_RECORD record, *read = 0;
    PWSTR name = T("capi-record");
    memset(&record, 0, sizeof record);
    CHECK(FspLaunchRegSetRecord(name, &record) == FSLAUNCH_STATUS_INVALID_PARAMETER);
    record.Agent = T("WinFsp.Np");
    record.Executable = executable;
    record.CommandLine = T("%1 -m %2");
    record.Security = T("D:P(A;;RPWPLC;;;WD)");
    record.JobControl = 0xFFFFFFFF;
    record.Credentials = 1;
    CHECK(FspLaunchRegGetRecord(name, 0, &read) == FSLAUNCH_STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK(FspLaunchRegSetRecord(name, &record) == 0);
    CHECK(FspLaunchRegGetRecord(name, T("other"), &read) == FSLAUNCH_STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK(!read);
    CHECK(FspLaunchRegGetRecord(name, T("WinFsp.Np"), &read) == 0);
    if (read)
    {
        CHECK(same(read->Executable, executable));
        CHECK(same(read->CommandLine, record.CommandLine));
        CHECK(same(read->Security, record.Security));
        CHECK(!read->RunAs && !read->Stderr);
        CHECK(read->JobControl == 1 && read->Credentials == 1 && read->Recovery == 0);
    }
    FspLaunchRegFreeRecord(read);
    CHECK(FspLaunchRegSetRecord(name, 0) == 0);
    CHECK(FspLaunchRegGetRecord(name, 0, &read) == FSLAUNCH_STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK(!read);
    CHECK(FspLaunchRegSetRecord(name, 0) == 0);
}

int main(int count, char **words)
{
    if (count != 4)
        return 87;
    one_life(wide(words[1]), wide(words[2]));
    refusals(wide(words[1]), wide(words[2]));
    registers(wide(words[3]));
    return verdict();
}
