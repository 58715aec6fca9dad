"""One image through MobileNetV2."""

import torch
from torchvision import models

model = models.mobilenet_v2(weights="IMAGENET1K_V2").eval()
image = torch.rand(1, 3, 224, 224)

prediction = model(image)
print(tuple(prediction.shape))
