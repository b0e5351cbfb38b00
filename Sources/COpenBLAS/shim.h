// Complex results are returned as C99 complex numbers, which Swift cannot import.
#define FORCE_OPENBLAS_COMPLEX_STRUCT
#include <cblas.h>
