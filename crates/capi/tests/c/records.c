/* The records of classes in the registry, written and read by the library and
 * looked at behind its back. Takes an administrator. */

#include "check.h"

#include <wchar.h>

static WCHAR name[64], key[128];

/* A class's own key, in the view that the launcher reads. */
static HKEY opened(void)
{
    HKEY handle;
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, key, 0, KEY_ALL_ACCESS | KEY_WOW64_32KEY, &handle))
        return 0;
    return handle;
}

/* The type of a value, or -1; its number if it is one. */
static int kind(const WCHAR *value, DWORD *number)
{
    DWORD type, bytes = sizeof *number;
    HKEY handle = opened();
    LSTATUS status = RegQueryValueExW(handle, value, 0, &type, (BYTE *)number, &bytes);
    RegCloseKey(handle);
    return status && status != ERROR_MORE_DATA ? -1 : (int)type;
}

static void put(const WCHAR *value, DWORD type, const void *bytes, DWORD size)
{
    HKEY handle = opened();
    CHECK(!RegSetValueExW(handle, value, 0, type, bytes, size));
    RegCloseKey(handle);
}

static FSP_LAUNCH_REG_RECORD *got(PWSTR agent)
{
    FSP_LAUNCH_REG_RECORD *record = (FSP_LAUNCH_REG_RECORD *)&name;
    NTSTATUS status = FspLaunchRegGetRecord(name, agent, &record);
    CHECK(status == 0 || status == FSLAUNCH_STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK((status == 0) == (record != 0));
    return record;
}

static void absent(void)
{
    CHECK(!got(0));
    CHECK(FspLaunchRegSetRecord(name, 0) == 0);
    CHECK(!opened());
}

static void round_trip(void)
{
    DWORD number;
    FSP_LAUNCH_REG_RECORD record, *read;
    int place;
    memset(&record, 0, sizeof record);
    record.Agent = L"WinFsp.Np, other";
    record.Executable = L"C:\\Program Files\\x\\memfs.exe";
    record.CommandLine = L"-i -u %1 -m %2";
    record.WorkDirectory = L".";
    record.RunAs = L"LocalSystem";
    record.Security = L"D:P(A;;RPWPLC;;;WD)";
    record.AuthPackage = L"Negotiate";
    record.Stderr = L"C:\\log.txt";
    record.JobControl = 0;
    record.Credentials = 3;
    record.AuthPackageId = 9;
    record.Recovery = 1;
    CHECK(FspLaunchRegSetRecord(name, &record) == 0);
    CHECK(kind(L"JobControl", &number) == REG_DWORD && number == 0);
    CHECK(kind(L"Security", &number) == REG_SZ);

    read = got(L"winfsp.np");
    CHECK(read != 0);
    if (!read)
        return;
    CHECK(same(read->Agent, record.Agent));
    CHECK(same(read->Executable, record.Executable));
    CHECK(same(read->CommandLine, record.CommandLine));
    CHECK(same(read->WorkDirectory, record.WorkDirectory));
    CHECK(same(read->RunAs, record.RunAs));
    CHECK(same(read->Security, record.Security));
    CHECK(same(read->AuthPackage, record.AuthPackage));
    CHECK(same(read->Stderr, record.Stderr));
    CHECK(read->JobControl == 0 && read->Credentials == 3);
    CHECK(read->AuthPackageId == 9 && read->Recovery == 1);
    for (place = 0; place < 4; place++)
        CHECK(read->Reserved0[place] == 0 && read->Reserved1[place] == 0);
    /* The texts are in the same piece, after the structure. */
    CHECK((BYTE *)read->Agent == (BYTE *)(read + 1));
    FspLaunchRegFreeRecord(read);
    FspLaunchRegFreeRecord(read);

    read = got(L"OTHER");
    CHECK(read != 0);
    FspLaunchRegFreeRecord(read);
    CHECK(!got(L"stranger"));
    read = got(0);
    CHECK(read != 0);
    FspLaunchRegFreeRecord(read);
}

static void what_is_null_is_deleted(void)
{
    DWORD number, own = 7;
    FSP_LAUNCH_REG_RECORD record, *read;
    put(L"sshfs.rootdir", REG_DWORD, &own, sizeof own);
    memset(&record, 0, sizeof record);
    record.Executable = L"C:\\y.exe";
    record.JobControl = 0xFFFFFFFF;
    CHECK(FspLaunchRegSetRecord(name, &record) == 0);
    CHECK(kind(L"Agent", &number) == -1 && kind(L"Security", &number) == -1);
    CHECK(kind(L"JobControl", &number) == -1 && kind(L"Recovery", &number) == -1);
    CHECK(kind(L"Credentials", &number) == -1 && kind(L"AuthPackageId", &number) == -1);
    CHECK(kind(L"sshfs.rootdir", &number) == REG_DWORD && number == 7);

    read = got(L"anybody");
    CHECK(read != 0);
    if (!read)
        return;
    CHECK(same(read->Executable, L"C:\\y.exe"));
    CHECK(!read->Agent && !read->CommandLine && !read->WorkDirectory && !read->RunAs);
    CHECK(!read->Security && !read->AuthPackage && !read->Stderr);
    CHECK(read->JobControl == 1 && read->Credentials == 0 && read->Recovery == 0);
    FspLaunchRegFreeRecord(read);

    record.JobControl = 5;
    CHECK(FspLaunchRegSetRecord(name, &record) == 0);
    CHECK(kind(L"JobControl", &number) == REG_DWORD && number == 5);
}

static void unusable(void)
{
    DWORD number = 1;
    FSP_LAUNCH_REG_RECORD record;
    HKEY handle;
    put(L"Security", REG_DWORD, &number, sizeof number);
    CHECK(!got(0));
    put(L"Security", REG_SZ, L"D:", 6);
    put(L"JobControl", REG_SZ, L"1", 4);
    CHECK(!got(0));
    put(L"JobControl", REG_DWORD, &number, sizeof number);
    FspLaunchRegFreeRecord(got(0));
    handle = opened();
    CHECK(!RegDeleteValueW(handle, L"Executable"));
    RegCloseKey(handle);
    CHECK(!got(0));

    memset(&record, 0, sizeof record);
    CHECK(FspLaunchRegSetRecord(name, &record) == (NTSTATUS)STATUS_INVALID_PARAMETER);
}

/* What the launcher can start, other programs see. */
static void written_wrongly_by_an_installer(void)
{
    FSP_LAUNCH_REG_RECORD record, *read;
    memset(&record, 0, sizeof record);
    record.Executable = L"C:\\z.exe";
    CHECK(FspLaunchRegSetRecord(name, &record) == 0);
    put(L"CommandLine", REG_SZ, L"-m %2", 10);
    put(L"Security", REG_SZ, L"D:\0behind it", 24);
    put(L"own\xD800", REG_SZ, L"x", 4);
    read = got(0);
    CHECK(read != 0);
    if (!read)
        return;
    CHECK(same(read->CommandLine, L"-m %2"));
    CHECK(same(read->Security, L"D:"));
    FspLaunchRegFreeRecord(read);
}

static void parameters(void)
{
    static WCHAR endless[40000];
    FSP_LAUNCH_REG_RECORD record, *read = &record;
    int place;
    memset(&record, 0, sizeof record);
    record.Executable = L"C:\\x.exe";
    CHECK(FspLaunchRegSetRecord(0, &record) == (NTSTATUS)STATUS_INVALID_PARAMETER);
    CHECK(FspLaunchRegSetRecord(0, 0) == (NTSTATUS)STATUS_INVALID_PARAMETER);
    CHECK(FspLaunchRegSetRecord(L"a\\b", &record) == (NTSTATUS)STATUS_INVALID_PARAMETER);
    CHECK(FspLaunchRegSetRecord(L"..", 0) == (NTSTATUS)STATUS_INVALID_PARAMETER);
    CHECK(FspLaunchRegSetRecord(L"", 0) == (NTSTATUS)STATUS_INVALID_PARAMETER);
    CHECK(FspLaunchRegGetRecord(0, 0, &read) == (NTSTATUS)STATUS_INVALID_PARAMETER && !read);
    CHECK(FspLaunchRegGetRecord(name, 0, 0) == (NTSTATUS)STATUS_INVALID_PARAMETER);
    read = &record;
    CHECK(FspLaunchRegGetRecord(L"a\\b", 0, &read) == FSLAUNCH_STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK(!read);
    for (place = 0; place < 40000; place++)
        endless[place] = L'x';
    record.Stderr = endless;
    CHECK(FspLaunchRegSetRecord(name, &record) == (NTSTATUS)STATUS_INVALID_PARAMETER);
    FspLaunchRegFreeRecord(0);
    FspLaunchRegFreeRecord(&record);
}

static void deleted_twice(void)
{
    CHECK(FspLaunchRegSetRecord(name, 0) == 0);
    CHECK(!opened());
    CHECK(!got(0));
    CHECK(FspLaunchRegSetRecord(name, 0) == 0);
}

int main(void)
{
    swprintf(name, 64, L"fslaunch-capi-test-%lu", GetCurrentProcessId());
    swprintf(key, 128, L"Software\\WinFsp\\Services\\%ls", name);
    absent();
    round_trip();
    what_is_null_is_deleted();
    unusable();
    written_wrongly_by_an_installer();
    parameters();
    deleted_twice();
    return verdict();
}
