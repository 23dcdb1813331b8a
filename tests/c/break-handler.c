/* A program that handles console events as file systems in C do.
 * break-handler UP NOTE: makes the file UP, waits for an event, writes its
 * number into the file NOTE, and ends with 0. */
#include <stdio.h>
#include <windows.h>

static HANDLE over;
static volatile DWORD event;

static BOOL WINAPI handler(DWORD number)
{
    event = number;
    SetEvent(over);
    return TRUE;
}

static int put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return 2;
    fputs(text, file);
    return fclose(file) ? 2 : 0;
}

int main(int argc, char **argv)
{
    char text[16];
    if (argc != 3)
        return 1;
    over = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!over || !SetConsoleCtrlHandler(handler, TRUE))
        return 3;
    if (put(argv[1], ""))
        return 2;
    WaitForSingleObject(over, INFINITE);
    snprintf(text, sizeof text, "%lu", (unsigned long)event);
    return put(argv[2], text);
}
