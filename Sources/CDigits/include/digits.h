#ifndef TRIBUTARY_DIGITS_H
#define TRIBUTARY_DIGITS_H

#include <stddef.h>

// The bytes of digits.bin, whose format is in README.md, valid for the life of the program.
const unsigned char *tributary_digits_bytes(void);

// How many bytes there are.
size_t tributary_digits_count(void);

#endif
