/* The plainest way to make thumbnails with libvips: vips_thumbnail_buffer in a loop, one thread, no cache.
 *
 *   thumbnail_loop SECONDS EDGE FILE...     prints {"images":N,"seconds":S}
 *   thumbnail_loop --save OUT EDGE FILE     writes one thumbnail
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <vips/vips.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static int thumbnail(void *source, size_t length, int edge, void **out, size_t *out_length) {
    VipsImage *image;
    if (vips_thumbnail_buffer(source, length, &image, edge, "height", edge, "size", VIPS_SIZE_DOWN, NULL)) return -1;
    int result = vips_jpegsave_buffer(image, out, out_length, "Q", 80, "strip", TRUE, NULL);
    g_object_unref(image);
    return result;
}

static int save(const char *path, int edge, const char *file) {
    char *source, *out;
    size_t length, out_length;
    if (!g_file_get_contents(file, &source, &length, NULL)) return -1;
    if (thumbnail(source, length, edge, (void **)&out, &out_length)) return -1;
    int result = g_file_set_contents(path, out, out_length, NULL) ? 0 : -1;
    g_free(out);
    g_free(source);
    return result;
}

static int loop(double seconds, int edge, int count, char **files) {
    char **sources = calloc(count, sizeof(char *));
    size_t *lengths = calloc(count, sizeof(size_t));
    for (int i = 0; i < count; i++)
        if (!g_file_get_contents(files[i], &sources[i], &lengths[i], NULL)) return -1;
    int done = 0;
    double start = now();
    while (now() - start < seconds) {
        void *out;
        size_t out_length;
        if (thumbnail(sources[done % count], lengths[done % count], edge, &out, &out_length)) return -1;
        g_free(out);
        done++;
    }
    printf("{\"images\":%d,\"seconds\":%f}\n", done, now() - start);
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 4 || VIPS_INIT(argv[0])) return 2;
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    int result = strcmp(argv[1], "--save") == 0 && argc == 5 ? save(argv[2], atoi(argv[3]), argv[4])
                                                             : loop(atof(argv[1]), atoi(argv[2]), argc - 3, argv + 3);
    if (result) fprintf(stderr, "thumbnail_loop: %s\n", vips_error_buffer());
    return result ? 1 : 0;
}
