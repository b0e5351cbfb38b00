#include "digits.h"

// #embed is C23, and this file is the only one that needs it.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char digits[] = {
#embed "digits.bin"
};

const unsigned char *tributary_digits_bytes(void) { return digits; }

size_t tributary_digits_count(void) { return sizeof digits; }
