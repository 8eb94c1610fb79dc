// adbd's sources include libcap's header and, outside of Android, use only what the kernel's own has.
#include <linux/capability.h>
