/** Explains an error code to a user: a title, and what to do. */
const known = {
    not_an_image: ["Not an image", "The file could not be read as one of the known image formats. Try another file."],
    empty_image: ["The file is empty", "It has no bytes. Upload or link another one."],
    truncated_image: ["The image is not complete", "The file ends too early. Export or download it again."],
    damaged_image: ["The image is damaged", "The file is corrupt. Export it again."],
    unsupported_format: ["Format not supported", "The details name the format. Use JPEG, PNG, WebP, AVIF, GIF or TIFF instead."],
    too_many_pixels: ["The image is too big", "It has more pixels than this service accepts. Use a smaller one."],
    too_many_frames: ["The animation is too long", "It has more frames than this service accepts."],
    image_too_large_in_memory: ["The image is too big", "Decoding it needs more memory than this service allows. Use a smaller one."],
    source_too_large: ["The file is too large", "The image at this URL is larger than this service accepts."],
    source_not_found: ["Nothing at this URL", "Check the address, then replay."],
    source_refused: ["The URL was refused", "The server refused to deliver the image."],
    source_unavailable: ["The server has a problem", "It responded with an error. Replay the task once it is back."],
    source_unreachable: ["The server cannot be reached", "No server responds at this address. Check it, then replay."],
    source_timeout: ["The server is too slow", "It did not send the image in time. Replay to try again."],
    source_missing: ["The upload is gone", "The stored bytes are no longer there. Upload the image again."],
    name_not_resolved: ["Unknown server", "The host name in the URL does not exist. Check the address."],
    address_blocked: ["Address not allowed", "Images are not fetched from private networks."],
    url_invalid: ["Not a usable URL", "Only http and https addresses can be fetched."],
    port_not_allowed: ["Port not allowed", "Images are fetched from the standard web ports only."],
    source_encoding_unsupported: ["Unknown compression", "The server sends the image with a content encoding that is not supported."],
    source_encoding_invalid: ["The response is damaged", "The server's response is not encoded as it declares."],
    too_many_redirects: ["Too many redirects", "The server keeps redirecting to other addresses."],
    render_timeout: ["It took too long", "Try fewer or simpler operations, or a smaller image."],
    render_crashed: ["Processing crashed", "It is retried automatically."],
    poison: ["This image cannot be processed", "It crashed the renderer repeatedly and is not retried."],
    outputs_failed: ["All outputs failed", "Each output below shows its error. Change the pipeline and upload again."],
    worker_lost: ["The worker was lost", "The task lost its worker several times. Replay to try again."],
    crop_outside_image: ["The crop is outside the image", "Choose a rectangle that lies within the image."],
    max_bytes_unreachable: ["The size limit is too low", "Even the lowest quality does not fit. Allow more bytes or resize."],
    output_too_large: ["The output would be too large", "Choose a smaller size."],
    output_too_large_in_memory: ["The output would be too large", "Rendering it needs more memory than this service allows. Choose a smaller size."],
    outputs_too_large: ["The outputs would be too large", "Together they exceed the limit. Choose fewer or smaller ones."],
    dimensions_unsupported: ["Too large for this format", "The format cannot hold an image of this size."],
    encoding_failed: ["It could not be encoded", "Try another format or size."],
    output_failed: ["An operation failed", "Change the operations of this output."],
    watermark_missing: ["The watermark is gone", "Upload it again and use its new task."],
    watermark_unreadable: ["The watermark cannot be read", "Use another image as the watermark."],
    watermarks_too_large: ["The watermarks are too large", "Use smaller images as watermarks."],
};

/** @param {import("@api").TaskError} error */
export function errorWords({ code, message }) {
    const [title, advice] = known[code] || [message.replace(/\.$/, ""), ""];
    return { title, advice };
}

const steps = {
    created: "Accepted", claimed: "Picked up by a worker", completed: "All done", cancelled: "Cancelled",
    replayed: "Started again", lease_lost: "The worker was lost; passed to another one", handed_back: "Released by a worker that was shutting down",
};

/**
 * Describes a step of a task's life.
 *
 * @param {import("@api").Task["history"][number]} step
 */
export function stepWords(step) {
    if (steps[step.reason]) return steps[step.reason];
    const why = errorWords({ code: step.reason, message: step.reason.replaceAll("_", " ") }).title;
    return step.status === "PENDING" ? `${why}; will be retried` : why;
}
