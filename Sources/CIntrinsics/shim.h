// Instructions that Swift has no word for.

#pragma once

// 16 lanes: SIMD16<Float>.
typedef float tributary_lanes __attribute__((ext_vector_type(16)));

// Asks for the cache line that holds an address, which need not be one that can be read.
static inline void tributary_prefetch(const void *address) { __builtin_prefetch(address); }

// The lesser value of each lane; the second where one is not a number.
static inline tributary_lanes tributary_lesser(tributary_lanes first, tributary_lanes second) {
  return first < second ? first : second;
}

// The greater value of each lane; the second where one is not a number.
static inline tributary_lanes tributary_greater(tributary_lanes first, tributary_lanes second) {
  return first > second ? first : second;
}

// sum + left * right: one instruction, rounded once, where the processor that is built for has it.
static inline tributary_lanes tributary_add_product(
    tributary_lanes sum, tributary_lanes left, tributary_lanes right) {
  return left * right + sum;
}
