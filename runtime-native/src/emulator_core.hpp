// Where the emulator of the HTP computes.
#pragma once

namespace rwkv {

/// For programs, before QNN is loaded: where the HTP is emulated on a machine of few cores, this thread and those that
/// it starts run on one of them from now on. The emulator's twelve threads wait for one another at every step, which
/// takes longer on two cores than on one: 3.3 tokens a second of rwkv7-austen in fp16, and 4.8.
void settle_on_one_core();

}   // namespace rwkv
