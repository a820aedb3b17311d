#pragma once

#include <vips/vips.h>
#include <vips/vector.h>

// libvips sets and gets the arguments of an operation through variadic functions and macros,
// which Swift cannot call. Each function here wraps exactly one of them.

static inline int cvips_init(const char *name) { return VIPS_INIT(name); }

static inline void cvips_set_int(VipsOperation *operation, const char *name, int value) {
    g_object_set(operation, name, value, NULL);
}

static inline void cvips_set_double(VipsOperation *operation, const char *name, double value) {
    g_object_set(operation, name, value, NULL);
}

static inline void cvips_set_string(VipsOperation *operation, const char *name, const char *value) {
    g_object_set(operation, name, value, NULL);
}

static inline void cvips_set_image(VipsOperation *operation, const char *name, VipsImage *value) {
    g_object_set(operation, name, value, NULL);
}

static inline void cvips_set_blob(VipsOperation *operation, const char *name, VipsBlob *value) {
    g_object_set(operation, name, value, NULL);
}

static inline void cvips_set_doubles(VipsOperation *operation, const char *name, const double *values, int count) {
    VipsArrayDouble *array = vips_array_double_new(values, count);
    g_object_set(operation, name, array, NULL);
    vips_area_unref(VIPS_AREA(array));
}

static inline void cvips_set_ints(VipsOperation *operation, const char *name, const int *values, int count) {
    VipsArrayInt *array = vips_array_int_new(values, count);
    g_object_set(operation, name, array, NULL);
    vips_area_unref(VIPS_AREA(array));
}

static inline void cvips_set_interpolate(VipsOperation *operation, const char *name, VipsInterpolate *value) {
    g_object_set(operation, name, value, NULL);
}

static inline void cvips_set_images(VipsOperation *operation, const char *name, VipsImage **values, int count) {
    VipsArrayImage *array = vips_array_image_new(values, count);
    g_object_set(operation, name, array, NULL);
    vips_area_unref(VIPS_AREA(array));
}

static inline VipsImage *cvips_get_image(VipsOperation *operation, const char *name) {
    VipsImage *value = NULL;
    g_object_get(operation, name, &value, NULL);
    return value;
}

static inline VipsBlob *cvips_get_blob(VipsOperation *operation, const char *name) {
    VipsBlob *value = NULL;
    g_object_get(operation, name, &value, NULL);
    return value;
}

static inline int cvips_get_int(VipsOperation *operation, const char *name) {
    int value = 0;
    g_object_get(operation, name, &value, NULL);
    return value;
}

static inline void cvips_unref_blob(VipsBlob *blob) { vips_area_unref(VIPS_AREA(blob)); }

static inline const void *cvips_blob_bytes(VipsBlob *blob, size_t *length) { return vips_blob_get(blob, length); }

static inline int cvips_build(VipsOperation *operation) { return vips_object_build(VIPS_OBJECT(operation)); }

static inline void cvips_unref_outputs(VipsOperation *operation) { vips_object_unref_outputs(VIPS_OBJECT(operation)); }

static inline int cvips_copy_header(VipsImage *to, VipsImage *from) {
    return vips_image_pipelinev(to, VIPS_DEMAND_STYLE_ANY, from, NULL);
}

static inline VipsPel *cvips_region_pixel(VipsRegion *region, int column, int line) {
    return VIPS_REGION_ADDR(region, column, line);
}

// orc compiles code for resizes at run time, into regions of 64 KiB that it maps from temporary files
// as it needs them, and keeps. Weak: a libvips built without orc needs none of this.
typedef struct _OrcCode OrcCode;
extern OrcCode *orc_code_new(void) __attribute__((weak));
extern void orc_code_allocate_codemem(OrcCode *code, int size) __attribute__((weak));
extern void orc_code_free(OrcCode *code) __attribute__((weak));

// Has orc map as many regions as `count` now, since it cannot open files later.
static inline void cvips_reserve_code(int count) {
    enum { most = 256, region = 65536 };
    OrcCode *codes[most];
    if (orc_code_new == NULL || orc_code_allocate_codemem == NULL || orc_code_free == NULL) return;
    if (count > most) count = most;
    for (int i = 0; i < count; i++) {
        codes[i] = orc_code_new();
        orc_code_allocate_codemem(codes[i], region - 64);
    }
    for (int i = 0; i < count; i++) orc_code_free(codes[i]);
}
