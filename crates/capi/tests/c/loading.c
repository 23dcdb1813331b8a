/* Loaded, used and freed, again and again. It is linked with no library of ours. */

#include "check.h"

#define ROUNDS 2000

typedef NTSTATUS stop_t(PWSTR, PWSTR, PULONG);
typedef NTSTATUS get_record_t(PWSTR, PWSTR, FSP_LAUNCH_REG_RECORD **);

/* How many places of thread-local storage are free. */
static int places(void)
{
    static DWORD taken[2048];
    int count = 0, each;
    while (count < 2048 && (taken[count] = TlsAlloc()) != TLS_OUT_OF_INDEXES)
        count++;
    for (each = 0; each < count; each++)
        TlsFree(taken[each]);
    return count;
}

static void use_it(int round)
{
    FSP_LAUNCH_REG_RECORD *record;
    HMODULE library = LoadLibraryA("fslaunch.dll");
    stop_t *stop = (stop_t *)(void *)GetProcAddress(library, "FspLaunchStop");
    get_record_t *get_record =
        (get_record_t *)(void *)GetProcAddress(library, "FspLaunchRegGetRecord");
    if (!stop || !get_record)
    {
        CHECK(!"a library with its functions");
        return;
    }
    OUTCOME(stop(0, 0, &launcher_error), STATUS_INVALID_PARAMETER, 0);
    /* Nobody listens; no such class. */
    if (round % 100 == 0)
    {
        CHECK(stop(T("a"), T("b"), &launcher_error) != 0);
        CHECK(get_record(T("no such class"), 0, &record) != 0);
    }
    FreeLibrary(library);
}

int main(void)
{
    int round, before;
    SetEnvironmentVariableA("FSLAUNCH_TEST_PIPE", "\\\\.\\pipe\\fslaunch-nobody-listens");
    use_it(0);
    before = places();
    for (round = 1; round <= ROUNDS && !failed; round++)
    {
        use_it(round);
        if (round % 50 == 0)
            CHECK(places() == before);
    }
    printf("%d places free before, %d after %d rounds\n", before, places(), round - 1);
    return verdict();
}
