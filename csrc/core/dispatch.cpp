#include "dispatch.h"

#include <cstdlib>
#include <stdexcept>

#if defined(_MSC_VER) && defined(VECSTORE_X86_LEVELS)
#include <intrin.h>
#endif
#if defined(VECSTORE_AMX_LEVEL)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace vecstore {
namespace {

#if defined(VECSTORE_X86_LEVELS) && !defined(_MSC_VER)
// __builtin_cpu_supports asks the processor and whether the operating system saves the registers.
bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vnni");
}
#if defined(VECSTORE_AMX_LEVEL)
// Tiles are state that the kernel saves for a process only once the process has asked for it.
bool has_amx() {
  constexpr unsigned kTile = 1u << 24, kInt8 = 1u << 25;
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // arch_prctl: ARCH_REQ_XCOMP_PERM, XTILEDATA
  unsigned a, b, c, d;
  if (!has_avx512() || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  return (d & kTile) && (d & kInt8) && syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}
#endif
#elif defined(VECSTORE_X86_LEVELS)
bool bit(int word, int index) { return (word >> index) & 1; }
bool os_saves(unsigned long long states) {
  int leaf1[4];
  __cpuid(leaf1, 1);
  return bit(leaf1[2], 27) && (_xgetbv(0) & states) == states;
}
bool has_avx2() {
  int leaf1[4], leaf7[4];
  __cpuid(leaf1, 1);
  __cpuidex(leaf7, 7, 0);
  return os_saves(0x6) && bit(leaf7[1], 5) && bit(leaf1[2], 12) && bit(leaf1[2], 29);
}
bool has_avx512() {
  int leaf7[4];
  __cpuidex(leaf7, 7, 0);
  return os_saves(0xe6) && bit(leaf7[1], 16) && bit(leaf7[1], 30) && bit(leaf7[1], 17) && bit(leaf7[1], 31) &&
         bit(leaf7[2], 11);
}
#endif

std::vector<const KernelTable*> probe() {
  std::vector<const KernelTable*> levels;
#if defined(VECSTORE_X86_LEVELS)
#if defined(VECSTORE_AMX_LEVEL)
  if (has_amx()) levels.push_back(&kAmxKernels);
#endif
  if (has_avx512()) levels.push_back(&kAvx512Kernels);
  if (has_avx2()) levels.push_back(&kAvx2Kernels);
#endif
  levels.push_back(&kScalarKernels);
  return levels;
}

}  // namespace

const std::vector<const KernelTable*>& available_levels() {
  static const std::vector<const KernelTable*> levels = probe();
  return levels;
}

const KernelTable& kernels_for(const std::string& level) {
  std::string name = level, source = "`level`";
  if (name.empty()) {
    const char* variable = std::getenv("VECSTORE_SIMD");
    if (variable == nullptr || *variable == '\0') return *available_levels().front();
    name = variable;
    source = "VECSTORE_SIMD";
  }
  std::string choices;
  for (const KernelTable* table : available_levels()) {
    if (name == table->name) return *table;
    choices += (choices.empty() ? "" : ", ") + std::string(table->name);
  }
  throw std::invalid_argument(source + " must be one of " + choices + " on this CPU; got \"" + name + "\".");
}

}  // namespace vecstore
