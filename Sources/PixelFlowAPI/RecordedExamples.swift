// Written by `make docs`.
// swift-format-ignore-file

/// Requests that a test has sent, and the responses that came back, by operation; ids, times and secrets are replaced.
enum RecordedExamples {
    static let all: [String: String] = [
        "cancelTask 409": #"""
            {
                "code": "task_is_final",
                "detail": "The task is already COMPLETED and cannot be cancelled.",
                "request_id": "4b2f0c9d8e7a6b5c4d3e2f1a0b9c8d7e",
                "status": 409,
                "title": "Conflict",
                "type": "urn:pixelflow:problem:task_is_final"
            }
            """#,
        "checkPipeline 200": #"""
            {
                "code": "invalid_value",
                "detail": "outputs[0].quality must be a whole number from 1 to 100.",
                "field": "outputs[0].quality",
                "valid": false
            }
            """#,
        "checkPipeline body": #"""
            {
                "outputs": [
                    {
                        "name": "small",
                        "quality": 101
                    }
                ]
            }
            """#,
        "closeBatch 200": #"""
            {
                "closed_at": "2026-01-15T09:30:00.000Z",
                "counts": {
                    "cancelled": 0,
                    "completed": 0,
                    "failed": 0,
                    "pending": 1,
                    "processing": 0,
                    "total": 1
                },
                "created_at": "2026-01-15T09:30:00.000Z",
                "description": "Import",
                "id": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                "priority": "low",
                "status": "closed"
            }
            """#,
        "createBatch 201": #"""
            {
                "counts": {
                    "cancelled": 0,
                    "completed": 0,
                    "failed": 0,
                    "pending": 0,
                    "processing": 0,
                    "total": 0
                },
                "created_at": "2026-01-15T09:30:00.000Z",
                "description": "Import",
                "id": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                "priority": "low",
                "status": "open"
            }
            """#,
        "createBatch body": #"""
            {
                "description": "Import",
                "priority": "low"
            }
            """#,
        "createWebhook 201": #"""
            {
                "created_at": "2026-01-15T09:30:00.000Z",
                "description": "shop",
                "enabled": true,
                "events": [
                    "task.completed"
                ],
                "id": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                "secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
                "updated_at": "2026-01-15T09:30:00.000Z",
                "url": "https://example.com/hook"
            }
            """#,
        "createWebhook body": #"""
            {
                "description": "shop",
                "events": [
                    "task.completed"
                ],
                "url": "https://example.com/hook"
            }
            """#,
        "getPreset 200": #"""
            {
                "built_in": false,
                "name": "small",
                "pipeline": {
                    "outputs": [
                        {
                            "format": "webp",
                            "name": "small",
                            "operations": [
                                {
                                    "height": 320,
                                    "op": "resize",
                                    "width": 320
                                }
                            ]
                        }
                    ]
                },
                "updated_at": "2026-01-15T09:30:00.000Z"
            }
            """#,
        "getStatistics 200": #"""
            {
                "counts": {
                    "CANCELLED": 0,
                    "COMPLETED": 1,
                    "FAILED": 0,
                    "PENDING": 1,
                    "PROCESSING": 0
                },
                "failures": {},
                "minutes": [
                    {
                        "completed": 0,
                        "failed": 0,
                        "start": "2026-01-15T09:30:00.000Z"
                    }
                ],
                "oldest_pending_seconds": 0.25,
                "priorities": {
                    "high": {
                        "queue_latency_seconds": {},
                        "waiting": 0
                    },
                    "low": {
                        "queue_latency_seconds": {},
                        "waiting": 0
                    },
                    "normal": {
                        "queue_latency_seconds": {
                            "p50": 0.25,
                            "p95": 0.25
                        },
                        "waiting": 1
                    }
                },
                "queue_latency_seconds": {
                    "p50": 0.25,
                    "p95": 0.25
                },
                "throughput": {
                    "completed_last_hour": 1,
                    "completed_last_minute": 1
                }
            }
            """#,
        "getTask 200": #"""
            {
                "attempts": 1,
                "completed_at": "2026-01-15T09:30:00.000Z",
                "created_at": "2026-01-15T09:30:00.000Z",
                "generation": 1,
                "history": [
                    {
                        "at": "2026-01-15T09:30:00.000Z",
                        "generation": 1,
                        "reason": "created",
                        "status": "PENDING"
                    },
                    {
                        "at": "2026-01-15T09:30:00.000Z",
                        "generation": 1,
                        "reason": "claimed",
                        "status": "PROCESSING"
                    },
                    {
                        "at": "2026-01-15T09:30:00.000Z",
                        "generation": 1,
                        "reason": "completed",
                        "status": "COMPLETED"
                    }
                ],
                "id": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                "outputs": [
                    {
                        "bytes": 10,
                        "format": "webp",
                        "frames": 1,
                        "height": 2,
                        "name": "thumbnail",
                        "sha256": "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882",
                        "status": "COMPLETED",
                        "url": "/api/tasks/01990f5e-7c1a-7b3c-8d2e-0123456789ab/outputs/thumbnail",
                        "width": 3
                    }
                ],
                "pipeline": {
                    "outputs": [
                        {
                            "format": "webp",
                            "name": "thumbnail",
                            "operations": [
                                {
                                    "enlarge": true,
                                    "height": 320,
                                    "op": "resize",
                                    "position": "attention",
                                    "width": 320
                                }
                            ],
                            "quality": 80
                        }
                    ]
                },
                "preset": "thumbnail",
                "priority": "normal",
                "progress": 1,
                "source": {
                    "blurhash": "LEHV6n",
                    "bytes": 5,
                    "dominant_color": "#aabbcc",
                    "format": "png",
                    "frames": 1,
                    "has_alpha": false,
                    "height": 20,
                    "orientation": 1,
                    "width": 30
                },
                "started_at": "2026-01-15T09:30:00.000Z",
                "status": "COMPLETED",
                "updated_at": "2026-01-15T09:30:00.000Z",
                "upload": {
                    "bytes": 5,
                    "filename": "cat.png"
                }
            }
            """#,
        "getTask 404": #"""
            {
                "code": "not_found",
                "detail": "The task does not exist.",
                "request_id": "4b2f0c9d8e7a6b5c4d3e2f1a0b9c8d7e",
                "status": 404,
                "title": "Not Found",
                "type": "urn:pixelflow:problem:not_found"
            }
            """#,
        "getUsage 200": #"""
            {
                "days": [
                    {
                        "bytes_added": 0,
                        "bytes_removed": 0,
                        "completed": 0,
                        "created": 0,
                        "failed": 0,
                        "start": "2026-01-15T09:30:00.000Z"
                    }
                ],
                "month": {
                    "end": "2026-01-15T09:30:00.000Z",
                    "start": "2026-01-15T09:30:00.000Z"
                },
                "quota": {
                    "bytes_stored": null,
                    "retention_days": null,
                    "source_bytes": null,
                    "tasks_in_flight": null,
                    "tasks_per_month": null,
                    "weight": null
                },
                "used": {
                    "bytes_stored": 15,
                    "tasks_in_flight": 1,
                    "tasks_this_month": 2
                }
            }
            """#,
        "listBatches 200": #"""
            {
                "batches": [
                    {
                        "closed_at": "2026-01-15T09:30:00.000Z",
                        "created_at": "2026-01-15T09:30:00.000Z",
                        "description": "Import",
                        "id": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                        "priority": "low",
                        "status": "closed"
                    }
                ],
                "next_cursor": null
            }
            """#,
        "listTasks 200": #"""
            {
                "next_cursor": null,
                "tasks": [
                    {
                        "attempts": 1,
                        "completed_at": "2026-01-15T09:30:00.000Z",
                        "created_at": "2026-01-15T09:30:00.000Z",
                        "generation": 1,
                        "history": [
                            {
                                "at": "2026-01-15T09:30:00.000Z",
                                "generation": 1,
                                "reason": "created",
                                "status": "PENDING"
                            },
                            {
                                "at": "2026-01-15T09:30:00.000Z",
                                "generation": 1,
                                "reason": "claimed",
                                "status": "PROCESSING"
                            },
                            {
                                "at": "2026-01-15T09:30:00.000Z",
                                "generation": 1,
                                "reason": "completed",
                                "status": "COMPLETED"
                            }
                        ],
                        "id": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                        "outputs": [
                            {
                                "bytes": 10,
                                "format": "webp",
                                "frames": 1,
                                "height": 2,
                                "name": "thumbnail",
                                "sha256": "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882",
                                "status": "COMPLETED",
                                "url": "/api/tasks/01990f5e-7c1a-7b3c-8d2e-0123456789ab/outputs/thumbnail",
                                "width": 3
                            }
                        ],
                        "pipeline": {
                            "outputs": [
                                {
                                    "format": "webp",
                                    "name": "thumbnail",
                                    "operations": [
                                        {
                                            "enlarge": true,
                                            "height": 320,
                                            "op": "resize",
                                            "position": "attention",
                                            "width": 320
                                        }
                                    ],
                                    "quality": 80
                                }
                            ]
                        },
                        "preset": "thumbnail",
                        "priority": "normal",
                        "progress": 1,
                        "source": {
                            "blurhash": "LEHV6n",
                            "bytes": 5,
                            "dominant_color": "#aabbcc",
                            "format": "png",
                            "frames": 1,
                            "has_alpha": false,
                            "height": 20,
                            "orientation": 1,
                            "width": 30
                        },
                        "started_at": "2026-01-15T09:30:00.000Z",
                        "status": "COMPLETED",
                        "updated_at": "2026-01-15T09:30:00.000Z",
                        "upload": {
                            "bytes": 5,
                            "filename": "cat.png"
                        }
                    }
                ]
            }
            """#,
        "putPreset 201": #"""
            {
                "built_in": false,
                "name": "small",
                "pipeline": {
                    "outputs": [
                        {
                            "format": "webp",
                            "name": "small",
                            "operations": [
                                {
                                    "height": 320,
                                    "op": "resize",
                                    "width": 320
                                }
                            ]
                        }
                    ]
                },
                "updated_at": "2026-01-15T09:30:00.000Z"
            }
            """#,
        "putPreset body": #"""
            {
                "outputs": [
                    {
                        "format": "webp",
                        "name": "small",
                        "operations": [
                            {
                                "height": 320,
                                "op": "resize",
                                "width": 320
                            }
                        ]
                    }
                ]
            }
            """#,
        "putQuota 200": #"""
            {
                "bytes_stored": 50000000000,
                "retention_days": 30,
                "source_bytes": null,
                "tasks_in_flight": null,
                "tasks_per_month": 10000,
                "weight": null
            }
            """#,
        "putQuota body": #"""
            {
                "bytes_stored": 50000000000,
                "retention_days": 30,
                "tasks_per_month": 10000
            }
            """#,
        "upload 202": #"""
            {
                "attempts": 0,
                "created_at": "2026-01-15T09:30:00.000Z",
                "generation": 1,
                "history": [
                    {
                        "at": "2026-01-15T09:30:00.000Z",
                        "generation": 1,
                        "reason": "created",
                        "status": "PENDING"
                    }
                ],
                "id": "01990f5e-7c1a-7b3c-8d2e-0123456789ab",
                "image_url": "https://example.com/cat.jpg",
                "next_run_at": "2026-01-15T09:30:00.000Z",
                "outputs": [],
                "pipeline": {
                    "outputs": [
                        {
                            "format": "webp",
                            "name": "large",
                            "operations": [
                                {
                                    "fit": "inside",
                                    "height": 1600,
                                    "op": "resize",
                                    "width": 1600
                                }
                            ],
                            "quality": 80
                        },
                        {
                            "format": "webp",
                            "name": "small",
                            "operations": [
                                {
                                    "fit": "inside",
                                    "height": 640,
                                    "op": "resize",
                                    "width": 640
                                }
                            ],
                            "quality": 80
                        },
                        {
                            "format": "jpeg",
                            "name": "fallback",
                            "operations": [
                                {
                                    "fit": "inside",
                                    "height": 1600,
                                    "op": "resize",
                                    "width": 1600
                                },
                                {
                                    "op": "flatten"
                                }
                            ],
                            "progressive": true,
                            "quality": 80
                        }
                    ]
                },
                "preset": "web",
                "priority": "normal",
                "progress": 0,
                "status": "PENDING",
                "updated_at": "2026-01-15T09:30:00.000Z"
            }
            """#,
        "upload 422": #"""
            {
                "code": "unknown_preset",
                "detail": "The preset wbe does not exist.",
                "field": "preset",
                "request_id": "4b2f0c9d8e7a6b5c4d3e2f1a0b9c8d7e",
                "status": 422,
                "title": "Unprocessable Content",
                "type": "urn:pixelflow:problem:unknown_preset"
            }
            """#,
        "upload body": #"""
            {
                "image_url": "https://example.com/cat.jpg",
                "preset": "web"
            }
            """#,
    ]
}
