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

static inline VipsPel *cvips_region_line(VipsRegion *region, int line) { return VIPS_REGION_ADDR(region, 0, line); }
