#include <stdio.h>

int main(void)
{
	return puts("img2nfs " I2N_VERSION) < 0;
}
