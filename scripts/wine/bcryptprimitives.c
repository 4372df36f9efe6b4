/* Wine 8 has no bcryptprimitives.dll, which Rust's standard library takes its random numbers from (since Windows 10,
   ProcessPrng). This one asks the function that Wine has. For tests under Wine only. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length); /* RtlGenRandom */

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    return SystemFunction036(buffer, (ULONG)length);
}
